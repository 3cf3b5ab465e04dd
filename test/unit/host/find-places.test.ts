import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { placeFinder, textToSearch } from '../../../src/shared/host/find-places.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-places-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'config.json');
writeFileSync(file, '\uFEFF{\n  "Disks": [],\n  "SystemConfigs": [\n    { "Hostname": "-" }\n  ]\n}\n');
const path = '$.SystemConfigs[0].Hostname';

describe('a problem with a JSON path', () => {
  it('gets the line of its value', () => {
    const found = placeFinder()({ message: 'This is no name', file, path });
    expect(formatProblem(found)).toBe(`${file}:4:7 ${path}: This is no name`);
  });

  it.each([
    ['no file', { message: 'm', path }],
    ['no path', { message: 'm', file }],
    ['a line', { message: 'm', file, path, line: 9 }],
    ['a file that is not there', { message: 'm', file: join(dir, 'none'), path }],
  ])('stays as it is with %s', (_what, given) => {
    expect(placeFinder()(given)).toEqual(given);
  });

  it.each([
    ['a link', (name: string) => symlinkSync(file, name)],
    ['a pipe', (name: string) => execFileSync('mkfifo', [name])],
    ['a folder', (name: string) => execFileSync('mkdir', [name])],
    ['no JSON', (name: string) => writeFileSync(name, 'words')],
    ['nested deeper than the stack', (name: string) => writeFileSync(name, '['.repeat(1e6))],
    [
      'larger than any config',
      (name: string) => {
        writeFileSync(name, '{}');
        truncateSync(name, 1e9);
      },
    ],
  ])('gets no line from what is %s', (what, make) => {
    const name = join(dir, what.replaceAll(' ', '-'));
    make(name);
    const given = { message: 'm', file: name, path };
    expect(placeFinder()(given)).toEqual(given);
  });
});

describe('the text of a tree that is searched', () => {
  const tree = join(dir, 'tree');
  mkdirSync(join(tree, 'a'), { recursive: true });
  writeFileSync(join(tree, 'a.spec'), 'words');

  it.each([
    ['a link in the tree', 'a/b.spec', () => symlinkSync('../a.spec', join(tree, 'a/b.spec')), 'words'],
    ['a link out of it', 'a/c.spec', () => symlinkSync('../../config.json', join(tree, 'a/c.spec')), ''],
    ['a path out of it', '../config.json', () => {}, ''],
    ['nothing', 'none.spec', () => {}, ''],
    ['a folder', 'a', () => {}, ''],
    ['a pipe', 'pipe', () => execFileSync('mkfifo', [join(tree, 'pipe')]), ''],
  ])('of %s', (_what, path, make, text) => {
    make();
    expect(textToSearch(join(tree, path), tree)).toBe(text);
  });
});
