import { expect, it } from 'vitest';
import { firstDifference } from '../../../src/shared/rpm/first-difference.ts';
import { madeHeader } from '../../support/made-header.ts';

/** A header with files in two folders: `[path of folder index, name, mode, digest]`. */
const header = (...files: [folder: number, name: string, mode: number, digest: string][]) =>
  madeHeader([
    [1118, 8, ['/usr/bin/', '/etc/']],
    [1116, 4, files.map(([folder]) => folder)],
    [1117, 8, files.map(([, name]) => name)],
    [1030, 3, files.map(([, , mode]) => mode)],
    [1035, 8, files.map(([, , , digest]) => digest)],
  ]);

const one = header([0, 'b', 0o100755, 'x'], [0, 'a', 0o100755, 'y'], [1, 'c', 0o100644, 'z']);

it.each([
  ['nothing', one, undefined],
  [
    'a content',
    header([0, 'b', 0o100755, 'q'], [0, 'a', 0o100755, 'q'], [1, 'c', 0o100644, 'z']),
    '/usr/bin/a',
  ],
  ['a mode', header([0, 'b', 0o100755, 'x'], [0, 'a', 0o100755, 'y'], [1, 'c', 0o100600, 'z']), '/etc/c'],
  ['a file that only one has', header([0, 'b', 0o100755, 'x'], [1, 'c', 0o100644, 'z']), '/usr/bin/a'],
])('finds the first path in which two RPMs differ: %s', (_what, other, path) => {
  expect(firstDifference(one, other)).toBe(path);
  expect(firstDifference(other, one)).toBe(path);
});

it('refuses a header whose files have no folder', () => {
  expect(() => firstDifference(one, header([7, 'a', 0o100644, 'x']))).toThrow('has no folder');
});
