import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Verdict } from '../../../src/shared/image/boot-test/verdict.ts';
import { imageStore } from '../../../src/shared/image/cache/image-store.ts';
import { madeImage, plannedImage } from '../../support/made-image.ts';

const image = madeImage;
const { key } = image;
const verdict: Verdict = {
  ...{ passed: true, state: 'running', failed: [], seconds: 1, reason: '', acceleration: 'tcg' },
};
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-store-'));
  await mkdir(join(dir, 'new'));
  await writeFile(join(dir, 'new', 'x.raw'), 'bytes');
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

it('gives back what was put, and a verdict with it', async () => {
  const store = imageStore(join(dir, 'images'), recordingLog());
  expect(await store.get(plannedImage)).toBeUndefined();
  await store.put(image, join(dir, 'new'));
  expect(await store.get(plannedImage)).toEqual(image);
  expect(await store.verdict(key)).toBeUndefined();
  await store.keepVerdict(key, verdict);
  expect(await store.verdict(key)).toEqual(verdict);
});

it('does not keep the verdict of a failure for the next run', async () => {
  const store = imageStore(join(dir, 'images'), recordingLog());
  await store.put(image, join(dir, 'new'));
  await store.keepVerdict(key, { ...verdict, passed: false });
  expect(await store.verdict(key)).toBeUndefined();
});

it.each([
  'bytes of another size',
  'bytez',
])('says that an image whose file holds %j is damaged', async (text) => {
  const log = recordingLog();
  const store = imageStore(join(dir, 'images'), log);
  await store.put(image, join(dir, 'new'));
  await writeFile(join(store.folder(key), 'x.raw'), text);
  expect(await store.get(plannedImage)).toBeUndefined();
  expect(log.lines.join()).toContain('x.raw is damaged; it is made again');
});

it('replaces a damaged image and its verdict', async () => {
  const store = imageStore(join(dir, 'images'), recordingLog());
  await store.put(image, join(dir, 'new'));
  await store.keepVerdict(key, verdict);
  await mkdir(join(dir, 'new'));
  await writeFile(join(dir, 'new', 'x.raw'), 'bytes');
  await store.put(image, join(dir, 'new'));
  expect(await store.get(plannedImage)).toEqual(image);
  expect(await store.verdict(key)).toBeUndefined();
});

it('keeps the two newest of one system, whatever was put of another, and no leftover', async () => {
  const images = join(dir, 'images');
  const store = imageStore(images, recordingLog());
  const put = async (letter: string, system: string, seconds: number) => {
    const key = letter.repeat(64);
    await mkdir(join(dir, 'new'), { recursive: true });
    await writeFile(join(dir, 'new', 'x.raw'), 'bytes');
    await store.put({ ...image, key, system }, join(dir, 'new'));
    await utimes(join(images, key, 'image.json'), seconds, seconds);
  };
  await put('a', 'one', 100);
  await put('b', 'two', 50);
  await put('c', 'one', 300);
  await mkdir(join(images, 'd.999999999-01234567.part'));
  await mkdir(join(images, `e.${process.pid}-01234567.part`));
  await put('f', 'one', 200);
  const kept = ['b', 'c', 'f'].map((letter) => letter.repeat(64));
  expect((await readdir(images)).sort()).toEqual([...kept, `e.${process.pid}-01234567.part`].sort());
});
