import { expect, it } from 'vitest';
import { entryDifferences, listedEntries } from '../../../src/shared/image/disk/check-filesystem.ts';
import type { TreeEntry } from '../../../src/shared/image/disk/trees.ts';

const tree: TreeEntry[] = [
  ['etc', 0o40755, 0, 0, 0],
  ['etc/a', 0o100640, 0, 42, 5],
];

it.each<[string, TreeEntry[], string[]]>([
  ['the same entries', [...tree].reverse(), []],
  ["the filesystem's own folder", [...tree, ['lost+found', 0o40700, 0, 0, 0]], []],
  ['one less', tree.slice(0, 1), ['/etc/a is missing']],
  ['one more', [...tree, ['b', 0o100644, 0, 0, 0]], ['/b is in no tree']],
  [
    'another mode',
    [tree[0] as TreeEntry, ['etc/a', 0o100644, 0, 42, 5]],
    ['/etc/a is 100644 0:42 5 bytes, not 100640 0:42 5 bytes'],
  ],
  [
    'another owner and size',
    [tree[0] as TreeEntry, ['etc/a', 0o100640, 1, 42, 4]],
    ['/etc/a is 100640 1:42 4 bytes, not 100640 0:42 5 bytes'],
  ],
])('a filesystem with %s', (_, found, differences) => {
  expect(entryDifferences(tree, found)).toEqual(differences);
});

it('what debugfs lists is read, whatever the names are', () => {
  const output = `debugfs: ls -p <2>
/2/040755/0/0/.//
/2/040755/0/0/..//
/12/040755/0/7/a "b" ?//
/16/100644/1/2/new
line/3/
/17/010644/0/0/pipe/9/

debugfs: ls -p <12>
/12/040755/0/0/.//
/2/040755/0/0/..//
/18/120777/0/0/link/4/
/0/000000/0/0///
`;
  expect(listedEntries(output)).toEqual([
    { folder: '2', inode: '12', entry: ['a "b" ?', 0o40755, 0, 7, 0] },
    { folder: '2', inode: '16', entry: ['new\nline', 0o100644, 1, 2, 3] },
    { folder: '2', inode: '17', entry: ['pipe', 0o10644, 0, 0, 0] },
    { folder: '12', inode: '18', entry: ['link', 0o120777, 0, 0, 4] },
  ]);
});
