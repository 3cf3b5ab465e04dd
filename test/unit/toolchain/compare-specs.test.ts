import { expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { manifestProblems } from '../../../src/shared/toolchain/manifest/compare-specs.ts';
import { madeUpSpec } from '../../support/made-up.ts';

const specs = [
  madeUpSpec('perl', [], { perl: {}, 'perl-Test': {} }),
  madeUpSpec('zlib', [], { zlib: {}, 'zlib-devel': {} }),
  { ...madeUpSpec('away', [], { away: {} }), excluded: 'ExclusiveArch: aarch64' },
];
/** Another spec makes an RPM of the same name, in another version. */
const [newer] = [madeUpSpec('perl-Test', [], { 'perl-Test': {} })].map((spec) => ({
  ...spec,
  version: '2.0',
  packages: spec.packages.map((one) => ({ ...one, version: '2.0', file: 'perl-Test-2.0-1.x86_64.rpm' })),
}));

const wrong = (...files: string[]) =>
  manifestProblems(
    files.map((file, index) => ({ file, sha256: undefined, line: index + 1 })),
    'm.txt',
    [...specs, newer as (typeof specs)[number]],
  ).map(formatProblem);

it('a manifest and specs agree, also where two specs make RPMs of one name, and on debuginfo', () => {
  expect(
    wrong('perl-1.0-1.x86_64.rpm', 'perl-Test-1.0-1.x86_64.rpm', 'perl-debuginfo-1.0-1.x86_64.rpm'),
  ).toEqual([]);
  expect(wrong('perl-Test-2.0-1.x86_64.rpm')).toEqual([]);
});

it('what differs is named with both versions, what is lacking with its spec', () => {
  expect(
    wrong(
      'perl-Test-0.9-1.x86_64.rpm',
      'zlib-1.0-1.x86_64.rpm',
      'zlob-1.0-1.x86_64.rpm',
      'away-1.0-1.x86_64.rpm',
    ),
  ).toEqual([
    'm.txt:1: perl-Test-0.9-1.x86_64.rpm is not what its spec makes: perl has 1.0-1, perl-Test has 2.0-1',
    expect.stringMatching(/^m\.txt:3: No spec makes zlob-1\.0-1\.x86_64\.rpm\. .*'zlib'/),
    expect.stringMatching(/^m\.txt:4: No spec makes away-1\.0-1\.x86_64\.rpm/),
    'm.txt: It lacks zlib-devel-1.0-1.x86_64.rpm, which zlib makes besides others that are in it',
  ]);
});
