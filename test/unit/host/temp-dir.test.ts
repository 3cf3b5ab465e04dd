import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tempSibling } from '../../../src/shared/host/files.ts';
import { clearLeftovers, clearParts, ownFolder } from '../../../src/shared/host/temp-dir.ts';

/** No process has it: Linux ends at 4,194,304. */
const nobody = 999_999_999;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-leftovers-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

it('clears folders of processes that are gone, and leaves ours, those of others, and all else', async () => {
  const own = basename(await ownFolder(dir, 'x-'));
  await mkdir(join(dir, `x-${nobody}-abc`));
  await writeFile(join(dir, `x-${nobody}-abc`, 'file'), '');
  const others = [`y-${nobody}-abc`, `${nobody}-abc`, 'x-', 'x-name', `x-${nobody}`];
  for (const name of others) await mkdir(join(dir, name));
  await clearLeftovers(dir, 'x-');
  expect((await readdir(dir)).sort()).toEqual([own, ...others].sort());
});

it('clears parts that nobody writes any more, whatever they are called', async () => {
  const own = basename(tempSibling(join(dir, 'a.raw')));
  for (const name of [own, 'plain.part', `b.raw.${nobody}-0123abcd.part`, 'part', 'c.part.txt'])
    await writeFile(join(dir, name), '');
  await mkdir(join(dir, `key.${nobody}-0123abcd.part`));
  await clearParts(dir);
  expect((await readdir(dir)).sort()).toEqual([own, 'c.part.txt', 'part'].sort());
});

it('finds nothing where there is no folder', async () => {
  await clearLeftovers(join(dir, 'none'), '');
  await clearParts(join(dir, 'none'));
});
