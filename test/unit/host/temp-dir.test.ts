import { chmod, chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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

it('follows no link: neither of the folder, nor of an entry, nor below one', async () => {
  const far = join(dir, 'far');
  await mkdir(join(far, `x-${nobody}-a`), { recursive: true });
  await writeFile(join(far, 'file'), '');
  const near = join(dir, 'near');
  await mkdir(join(near, `x-${nobody}-b`), { recursive: true });
  await symlink(far, join(near, `x-${nobody}-c`));
  await symlink(far, join(near, `x-${nobody}-b`, 'd'));
  await symlink(far, join(dir, 'link'));
  await clearLeftovers(join(dir, 'link'), 'x-');
  await clearLeftovers(near, 'x-');
  expect((await readdir(far)).sort()).toEqual(['file', `x-${nobody}-a`]);
  expect(await readdir(near)).toEqual([]);
});

it('touches nothing in a folder that everybody can write, as /tmp and /dev/shm', async () => {
  const names = [`x-${nobody}-a`, 'b.part'];
  for (const name of names) await mkdir(join(dir, name));
  await chmod(dir, 0o1777);
  await clearLeftovers(dir, 'x-');
  await clearParts(dir);
  expect((await readdir(dir)).sort()).toEqual(names.toSorted());
});

it.skipIf(process.getuid?.() !== 0)('leaves what other users own (skipped without root)', async () => {
  const names = [`x-${nobody}-a`, 'b.part'];
  for (const name of names) {
    await mkdir(join(dir, name));
    await chown(join(dir, name), 65534, 65534);
  }
  await clearLeftovers(dir, 'x-', true);
  await clearParts(dir);
  expect((await readdir(dir)).sort()).toEqual(names.toSorted());
  await chown(dir, 65534, 65534);
  for (const name of names) await chown(join(dir, name), 0, 0);
  await clearLeftovers(dir, 'x-', true);
  expect((await readdir(dir)).sort()).toEqual(names.toSorted());
});
