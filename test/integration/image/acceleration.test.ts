import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseAcceleration, knownAcceleration } from '../../../src/shared/image/boot-test/acceleration.ts';

let cacheDir: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'azl-kvm-'));
});
afterEach(async () => {
  await rm(cacheDir, { recursive: true });
});

it('keeps nothing of a probe that could not start: the next run asks again', async () => {
  expect(await chooseAcceleration({ kernel: join(cacheDir, 'no-kernel'), cacheDir })).toBe('tcg');
  await writeFile(join(cacheDir, 'empty'), '');
  expect(await chooseAcceleration({ kernel: join(cacheDir, 'empty'), cacheDir })).toBe('tcg');
  expect(await readdir(cacheDir)).toEqual(['empty']);
  expect(await knownAcceleration(cacheDir)).toBeUndefined();
});
