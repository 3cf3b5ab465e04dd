import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import type { Verdict } from '../../../src/shared/image/boot-test/verdict.ts';
import { imageCache } from '../../../src/shared/image/cache/image-cache.ts';
import { imageStore } from '../../../src/shared/image/cache/image-store.ts';
import { FolderCache } from '../../support/folder-cache.ts';
import { madeImage, plannedImage } from '../../support/made-image.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const image = madeImage;
const { key } = image;
const verdict: Verdict = {
  ...{ passed: true, state: 'running', failed: [], seconds: 1, reason: '', acceleration: 'tcg' },
};
let cache: FolderCache;

/** A machine of its own. */
function machine(saves = true) {
  const log = recordingLog();
  const store = imageStore(join(temporary(), 'images'), log);
  return { log, store, images: imageCache(cache, temporary(), saves, log) };
}

/** One machine leaves the image, which passed its boot test. */
async function leave(saves = true) {
  const { store, images, log } = machine(saves);
  const dir = join(temporary(), 'new');
  await mkdir(dir);
  await writeFile(join(dir, 'x.raw'), 'bytes');
  await store.put(image, dir);
  await store.keepVerdict(key, verdict);
  await images.save(image, store.folder(key));
  return log;
}
const entry = () => cache.at('image', `azl-image-1-${key}`);
const manifest = () => join(entry(), 'image.json');

beforeEach(() => {
  cache = new FolderCache(temporary());
});

describe('an image that an earlier run left', () => {
  it('is there on another machine, with its verdict', async () => {
    await leave();
    const { store, images, log } = machine();
    await images.fetch(plannedImage, store);
    expect(await store.get(plannedImage)).toEqual(image);
    expect(await store.verdict(key)).toEqual(verdict);
    expect(log.lines).toEqual([]);
  });

  it('is absent under another key, and where nothing is to be left', async () => {
    await leave(false);
    expect(existsSync(entry())).toBe(false);
    const { store, images, log } = machine();
    await images.fetch(plannedImage, store);
    expect(await store.get(plannedImage)).toBeUndefined();
    expect(log.lines).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['of other bytes', () => writeFileSync(join(entry(), 'x.raw'), 'bytez')],
    [
      'a link',
      () => {
        rmSync(join(entry(), 'x.raw'));
        symlinkSync('/etc/passwd', join(entry(), 'x.raw'));
      },
    ],
    ['without a file', () => rmSync(join(entry(), 'x.raw'))],
    ['without a manifest', () => rmSync(manifest())],
    [
      'of a file somewhere else',
      () => writeFileSync(manifest(), readFileSync(manifest(), 'utf8').replace('x.raw', '../x.raw')),
    ],
    [
      'of another key',
      () => writeFileSync(manifest(), readFileSync(manifest(), 'utf8').replace(key, 'ab'.repeat(32))),
    ],
    [
      'of another name',
      () => writeFileSync(manifest(), readFileSync(manifest(), 'utf8').replace('"name": "x"', '"name": "y"')),
    ],
    [
      'of a name that is a path',
      () => writeFileSync(manifest(), readFileSync(manifest(), 'utf8').replace('"x"', '"../../../x"')),
    ],
    [
      'of other components',
      () => writeFileSync(manifest(), readFileSync(manifest(), 'utf8').replace('1.47.0', '1.47.1')),
    ],
    [
      'of another package',
      () => writeFileSync(manifest(), readFileSync(manifest(), 'utf8').replace('bash-5.2', 'dash-5.2')),
    ],
  ])('is not taken when it is %s', async (_what, damage) => {
    await leave();
    damage();
    const { store, images, log } = machine();
    await images.fetch(plannedImage, store);
    expect(await store.get(plannedImage)).toBeUndefined();
    expect(log.lines.join()).toMatch(/made again/);
  });

  it('costs nothing but itself when the cache gives no answer', async () => {
    await leave();
    cache.trouble = 'no answer';
    const { store, images, log } = machine();
    await images.fetch(plannedImage, store);
    expect(await store.get(plannedImage)).toBeUndefined();
    await images.save(image, store.folder(key));
    expect(log.lines.join()).toMatch(
      /no answer about this image \(no answer\): it is made.*not saved for later runs: no answer/,
    );
  });
});
