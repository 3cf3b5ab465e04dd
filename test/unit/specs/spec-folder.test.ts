import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { lookAtFolder } from '../../../src/shared/specs/spec-folder.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();

/** A tree with the package `a`, which has files of all kinds. */
function newTree(): string {
  const root = temporary();
  mkdirSync(join(root, 'a/sub'), { recursive: true });
  mkdirSync(join(root, 'b'));
  const texts = {
    ...{
      'a/a.spec': 'Name: a\n',
      'a/one.patch': '1',
      'a/sub/two.inc': '22',
      'a/other.spec': 'Name: other\n',
    },
    ...{ 'a/a.signatures.json': '{}', 'a/other.signatures.json': '{}', 'b/shared.inc': '333' },
  };
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(root, path), text);
  symlinkSync('../b/shared.inc', join(root, 'a/linked.inc'));
  symlinkSync('/etc/hostname', join(root, 'a/out.inc'));
  symlinkSync('..', join(root, 'a/sub/up'));
  return root;
}

const layoutOf = (root: string, path = 'a/a.spec') => JSON.stringify(lookAtFolder(root, path)?.layout);

describe('the folder of a spec', () => {
  it('is known by its paths, kinds and sizes, and the spec by its bytes', () => {
    const root = newTree();
    const found = lookAtFolder(root, 'a/a.spec');
    expect(found?.spec).toBe(textDigest('Name: a\n'));
    expect(found?.layout).toEqual([
      'a.spec',
      textDigest('{}'),
      [
        ['linked.inc', 'file', 3, '../b/shared.inc'],
        ['one.patch', 'file', 1, ''],
        ['other.spec', 'file', 12, ''],
        ['out.inc', 'other', 0, '/etc/hostname'],
        ['sub', 'folder', 0, ''],
        ['sub/two.inc', 'file', 2, ''],
        ['sub/up', 'other', 0, '..'],
      ],
    ]);
    expect(found?.digestOf('sub/two.inc')).toBe(textDigest('22'));
    expect(found?.digestOf('linked.inc')).toBe(textDigest('333'));
    for (const name of ['out.inc', 'sub', '../b/shared.inc', 'a.spec', '/etc/hostname', '__proto__', ''])
      expect(found?.digestOf(name), name).toBeUndefined();
  });

  it('has the files of subfolders by base name, that in the fewest folders', () => {
    const root = newTree();
    for (const path of ['a/x/deep', 'a/y']) mkdirSync(join(root, path), { recursive: true });
    const paths = [
      'a/x/once',
      'a/x/twice',
      'a/y/twice',
      'a/x/deep/once',
      'a/x/one.patch',
      'a/y/x',
      'b/linked',
    ];
    for (const path of paths) writeFileSync(join(root, path), path);
    symlinkSync('../../b', join(root, 'a/x/folder'));
    const found = lookAtFolder(root, 'a/a.spec');
    const digests = ['once', 'one.patch', 'two.inc'].map((name) => found?.digestOf(name));
    expect(digests).toEqual(['a/x/once', '1', '22'].map(textDigest));
    for (const name of ['twice', 'x', 'linked']) expect(found?.digestOf(name), name).toBeUndefined();
    expect(found?.digestOf('x/folder/linked')).toBe(textDigest('b/linked'));
  });

  it.each<[string, boolean, (root: string) => void]>([
    ['a new file', true, (root) => writeFileSync(join(root, 'a/new'), '')],
    ['a new folder', true, (root) => mkdirSync(join(root, 'a/new'))],
    ['a file that is gone', true, (root) => rmSync(join(root, 'a/one.patch'))],
    ['another name', true, (root) => renameSync(join(root, 'a/one.patch'), join(root, 'a/1.patch'))],
    ['another size', true, (root) => writeFileSync(join(root, 'a/one.patch'), '12')],
    ['another size where a link leads', true, (root) => writeFileSync(join(root, 'b/shared.inc'), '4444')],
    [
      'other signatures',
      true,
      (root) => writeFileSync(join(root, 'a/a.signatures.json'), '{"Signatures":{}}'),
    ],
    ['no signatures', true, (root) => rmSync(join(root, 'a/a.signatures.json'))],
    [
      'other bytes, which count when they are read',
      false,
      (root) => writeFileSync(join(root, 'a/one.patch'), '2'),
    ],
    ['signatures of another spec', false, (root) => rmSync(join(root, 'a/other.signatures.json'))],
    ['a file of another package', false, (root) => writeFileSync(join(root, 'b/b.spec'), '')],
  ])('differs, or not, for %s', (_what, differs, change) => {
    const root = newTree();
    const before = layoutOf(root);
    change(root);
    expect(layoutOf(root) !== before).toBe(differs);
  });

  it('holds no folders at the top of the tree: they are those of other specs', () => {
    const root = newTree();
    writeFileSync(join(root, 'top.spec'), 'Name: top\n');
    writeFileSync(join(root, 'top.patch'), '1');
    expect(lookAtFolder(root, 'top.spec')?.layout).toEqual(['top.spec', '', [['top.patch', 'file', 1, '']]]);
  });

  it('is not described when a name in it is not UTF-8, or when it is too deep', () => {
    const root = newTree();
    const deep = join(root, 'b', ...Array.from({ length: 20 }, () => 'x'));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(root, 'b/b.spec'), '');
    expect(lookAtFolder(root, 'b/b.spec')).toBeUndefined();
    execFileSync('/bin/sh', ['-c', `: > "${root}/a/$(printf 'x\\377')"`]);
    expect(lookAtFolder(root, 'a/a.spec')).toBeUndefined();
  });

  it('waits for no pipe', () => {
    const root = newTree();
    execFileSync('mkfifo', [join(root, 'a/pipe')]);
    const found = lookAtFolder(root, 'a/a.spec');
    expect(found?.layout.at(-1)).toContainEqual(['pipe', 'other', 0, '']);
    expect(found?.digestOf('pipe')).toBeUndefined();
  });
});
