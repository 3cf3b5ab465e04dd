import { expect, it } from 'vitest';
import { srpmDifferences } from '../../../src/shared/builder/check-srpm.ts';
import { packedFiles } from '../../../src/shared/rpm/read.ts';
import { type MadeTag, madeHeader } from '../../support/made-header.ts';

const expected = new Map([
  ['app.spec', '1'],
  ['app.tar.gz', '2'],
]);

it.each<[string, [string, string | undefined][], boolean, string[]]>([
  [
    'the same files',
    [
      ['app.tar.gz', '2'],
      ['app.spec', '1'],
    ],
    true,
    [],
  ],
  [
    'digests of another kind',
    [
      ['app.tar.gz', undefined],
      ['app.spec', undefined],
    ],
    true,
    [],
  ],
  ['one less', [['app.spec', '1']], true, ['it lacks app.tar.gz']],
  ['one less on purpose', [['app.spec', '1']], false, []],
  [
    'one more',
    [
      ['app.spec', '1'],
      ['app.tar.gz', '2'],
      ['x', '3'],
    ],
    true,
    ['it has x'],
  ],
  [
    'other bytes',
    [
      ['app.spec', '1'],
      ['app.tar.gz', '9'],
    ],
    true,
    ['app.tar.gz has the SHA-256 9, not 2'],
  ],
])('an SRPM with %s', (_, packed, isWhole, differences) => {
  expect(srpmDifferences(expected, new Map(packed), isWhole)).toEqual(differences);
});

it('the files of an SRPM are read with their digests, if those are SHA-256', () => {
  const files = (algorithm: number) => {
    const made: MadeTag[] = [
      [1035, 8, ['aa', 'bb']],
      [1117, 8, ['app.spec', 'x.patch']],
      [5011, 4, [algorithm]],
    ];
    return [...packedFiles(madeHeader(made))];
  };
  expect(files(8)).toEqual([
    ['app.spec', 'aa'],
    ['x.patch', 'bb'],
  ]);
  expect(files(1)).toEqual([
    ['app.spec', undefined],
    ['x.patch', undefined],
  ]);
});
