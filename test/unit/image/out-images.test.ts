import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { ImageJson } from '../../../src/shared/image/manifest/image-json.ts';
import { publishImage, withdrawImages } from '../../../src/shared/image/out-images.ts';
import { madeImage } from '../../support/made-image.ts';

let dir: string;
let images: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-out-'));
  images = join(dir, 'images');
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

function image(system: string, key: string, files: string[], name = system): ImageJson {
  return {
    ...{ ...madeImage, name, system, key: textDigest(key) },
    files: files.map((file) => ({ file, type: 'raw', size: 3, sha256: textDigest(key) })),
  };
}

async function publish(one: ImageJson): Promise<string[]> {
  const from = join(dir, one.key);
  await mkdir(from, { recursive: true });
  for (const { file } of one.files) await writeFile(join(from, file), one.key.slice(0, 8));
  return (await publishImage(images, one, from)).paths;
}

const there = async () => (await readdir(images)).sort();

describe('what is published', () => {
  it('is the files of an image and its manifest', async () => {
    const paths = await publish(image('a', 'k1', ['a-1.raw', 'a-1.qcow2'], 'a-1'));
    expect(paths).toEqual([join(images, 'a-1.raw'), join(images, 'a-1.qcow2')]);
    expect(await there()).toEqual(['a-1.json', 'a-1.qcow2', 'a-1.raw']);
    expect(JSON.parse(await readFile(join(images, 'a-1.json'), 'utf8'))).toMatchObject({ system: 'a' });
  });

  it('takes the place of the image before it, under whatever name that was, and of nothing else', async () => {
    await publish(image('other', 'k0', ['other.raw']));
    await publish(image('a', 'k1', ['a-1.raw', 'a-1.qcow2'], 'a-1'));
    await publish(image('a', 'k2', ['a-2.raw'], 'a-2'));
    expect(await there()).toEqual(['a-2.json', 'a-2.raw', 'other.json', 'other.raw']);
  });

  it('takes the place of an image of another system that has a file of its name', async () => {
    await publish(image('a', 'k1', ['disk.raw', 'a.raw']));
    await publish(image('b', 'k2', ['disk.raw']));
    expect(await there()).toEqual(['b.json', 'disk.raw']);
    expect(await readFile(join(images, 'disk.raw'), 'utf8')).toBe(textDigest('k2').slice(0, 8));
  });

  it('is published again as it is', async () => {
    await publish(image('a', 'k1', ['a.raw']));
    await writeFile(join(images, 'a.raw'), 'changed by someone');
    await publish(image('a', 'k1', ['a.raw']));
    expect(await there()).toEqual(['a.json', 'a.raw']);
    expect(await readFile(join(images, 'a.raw'), 'utf8')).toBe(textDigest('k1').slice(0, 8));
  });

  it('does not keep company with what a killed run left', async () => {
    await mkdir(images);
    const leftovers = ['b.raw', 'c.qcow2', 'd.raw.part', 'e.raw.999999999-01234567.part'];
    for (const name of leftovers) await writeFile(join(images, name), '');
    const others = [`f.raw.${process.pid}-01234567.part`, 'notes.txt', 'report.json', 'broken.json'];
    for (const name of others) await writeFile(join(images, name), name === 'report.json' ? '{}' : 'x');
    await publish(image('a', 'k1', ['a.raw']));
    expect(await there()).toEqual(['a.json', 'a.raw', ...others].sort());
  });

  it('loses nothing when it cannot be copied, and leaves no part', async () => {
    await publish(image('a', 'k1', ['a.raw']));
    await expect(publishImage(images, image('a', 'k1', ['b.raw']), join(dir, 'nowhere'))).rejects.toThrow();
    expect(await there()).toEqual(['a.json', 'a.raw']);
  });
});

it('an image that is stale goes, with all that no other image lists', async () => {
  await publish(image('a', 'k1', ['a.raw', 'a.qcow2']));
  await publish(image('b', 'k2', ['b.raw']));
  await withdrawImages(images, ({ system }) => system === 'a');
  expect(await there()).toEqual(['b.json', 'b.raw']);
});

it('nothing is withdrawn from a folder that is not there', async () => {
  await withdrawImages(images, () => true);
  await expect(readdir(images)).rejects.toThrow('ENOENT');
});
