import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesOfSpec } from '../../../src/shared/sources/spec-folder.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { writeTree } from '../../support/trees.ts';

const newFolder = temporaryFolders();

/** What is found for a spec, with paths below the folder of specs. */
async function found(specsDir: string, path: string): Promise<Record<string, string[]>> {
  const files = [...(await filesOfSpec({ specsDir, path }))];
  return Object.fromEntries(
    files.map(([name, paths]) => [name, paths.map((one) => one.slice(specsDir.length + 1))]),
  );
}

it('finds what lies below the folder of a spec by base name, in the fewest folders', async () => {
  const dir = newFolder();
  const paths = [
    'a/a.spec',
    'a/x',
    'a/SOURCES/x',
    'a/SOURCES/y',
    'a/one/z',
    'a/two/z',
    'a/SOURCES/deep/y',
    'b/b.patch',
  ];
  await writeTree(dir, Object.fromEntries(paths.map((path) => [path, ''])));
  symlinkSync('../../b', join(dir, 'a/two/linked'));
  mkdirSync(join(dir, 'a/one/only-a-folder'));
  expect(await found(dir, 'a/a.spec')).toEqual({
    'a.spec': ['a/a.spec'],
    SOURCES: ['a/SOURCES'],
    one: ['a/one'],
    two: ['a/two'],
    x: ['a/x'],
    y: ['a/SOURCES/y'],
    z: ['a/one/z', 'a/two/z'],
    linked: ['a/two/linked'],
  });
});

it('leaves out folders beside a spec at the top of the tree: those are other packages', async () => {
  const dir = newFolder();
  await writeTree(dir, { 'top.spec': '', 'top.patch': '', 'a/other.patch': '' });
  expect(Object.keys(await found(dir, 'top.spec'))).toEqual(['a', 'top.patch', 'top.spec']);
});

it('finds nothing where there is no folder any more', async () => {
  expect(await found(newFolder(), 'a/a.spec')).toEqual({});
});
