import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/files.ts';
import type { Image } from '../../../src/shared/image/image.ts';
import { imageStore } from '../../../src/shared/image/image-store.ts';
import type { Verdict } from '../../../src/shared/image/verdict.ts';
import { recordingLog } from '../../../src/shared/log.ts';

const image: Image = {
  ...{ schema: 'azl/image', version: 1, name: 'x', system: 'x', key: 'k', components: {}, packages: [] },
  files: [{ file: 'x.raw', type: 'raw', size: 5, sha256: textDigest('bytes') }],
  boot: { rootOffset: 0, bootOffset: 0, kernel: '' },
};
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
  expect(await store.get('k')).toBeUndefined();
  await store.put(image, join(dir, 'new'));
  expect(await store.get('k')).toEqual(image);
  expect(await store.verdict('k')).toBeUndefined();
  await store.keepVerdict('k', verdict);
  expect(await store.verdict('k')).toEqual(verdict);
});

it('does not keep the verdict of a failure for the next run', async () => {
  const store = imageStore(join(dir, 'images'), recordingLog());
  await store.put(image, join(dir, 'new'));
  await store.keepVerdict('k', { ...verdict, passed: false });
  expect(await store.verdict('k')).toBeUndefined();
});

it.each([
  'bytes of another size',
  'bytez',
])('says that an image whose file holds %j is damaged', async (text) => {
  const log = recordingLog();
  const store = imageStore(join(dir, 'images'), log);
  await store.put(image, join(dir, 'new'));
  await writeFile(join(store.place('k'), 'x.raw'), text);
  expect(await store.get('k')).toBeUndefined();
  expect(log.lines.join()).toContain('x.raw is damaged; it is made again');
});

it('replaces a damaged image and its verdict', async () => {
  const store = imageStore(join(dir, 'images'), recordingLog());
  await store.put(image, join(dir, 'new'));
  await store.keepVerdict('k', verdict);
  await mkdir(join(dir, 'new'));
  await writeFile(join(dir, 'new', 'x.raw'), 'bytes');
  await store.put(image, join(dir, 'new'));
  expect(await store.get('k')).toEqual(image);
  expect(await store.verdict('k')).toBeUndefined();
});
