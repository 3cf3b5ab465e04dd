import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rpmVersion, tolerantRequire } from '../../../src/shared/toolchain/convert/debian-versions.ts';
import { parsePackages, parseRelations } from '../../../src/shared/toolchain/debian/deb.ts';

describe('parseRelations', () => {
  it.each([
    ['libc6', [[{ name: 'libc6' }]]],
    [
      'libc6 (>= 2.34), a | b (<< 1:2-3~)',
      [
        [{ name: 'libc6', op: '>=', version: '2.34' }],
        [{ name: 'a' }, { name: 'b', op: '<<', version: '1:2-3~' }],
      ],
    ],
    ['perl:any (>= 5.36) , g++', [[{ name: 'perl', op: '>=', version: '5.36' }], [{ name: 'g++' }]]],
    ['gcc-12-base (= 12.2.0-14)', [[{ name: 'gcc-12-base', op: '=', version: '12.2.0-14' }]]],
    ['', []],
  ])('%s', (text, expected) => {
    expect(parseRelations(text)).toEqual(expected);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseRelations(text)));
  });
});

describe('rpmVersion', () => {
  it.each([
    ['1:1.2.13.dfsg-1', { epoch: 1, version: '1.2.13.dfsg', release: '1' }],
    ['2.36-9+deb12u14', { epoch: 0, version: '2.36', release: '9+deb12u14' }],
    ['2.13+dfsg-7.1', { epoch: 0, version: '2.13+dfsg', release: '7.1' }],
    ['2024.07.15-1-2', { epoch: 0, version: '2024.07.15_1', release: '2' }],
    ['20220109.1', { epoch: 0, version: '20220109.1', release: '1' }],
    ['252.39-1~deb12u2', { epoch: 0, version: '252.39', release: '1~deb12u2' }],
  ])('%s', (version, expected) => {
    expect(rpmVersion(version)).toEqual(expected);
  });

  it('makes only what RPM takes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9.+~:-]+$/), (version) => {
        const made = rpmVersion(version);
        expect(made.version + made.release).toMatch(/^[A-Za-z0-9._+~]*$/);
      }),
    );
  });
});

describe('tolerantRequire', () => {
  it.each([
    ['a', { name: 'x' }, 'a'],
    ['glibc', { name: 'libc6', op: '>=', version: '2.34' }, 'glibc >= 2.34'],
    ['zlib', { name: 'zlib1g', op: '>=', version: '1:1.2.13.dfsg-1' }, 'zlib >= 1.2.13'],
    ['libxml2', { name: 'x', op: '>=', version: '2.12.7+dfsg+really2.9.14-2' }, 'libxml2 >= 2.9.14'],
    ['python3', { name: 'python3', op: '>=', version: '3.11.2-1~' }, 'python3 >= 3.11.2'],
    ['python3', { name: 'python3', op: '>=', version: '3.13~' }, 'python3 >= 3.13'],
    ['glibc', { name: 'libc6', op: '>>', version: '2.36' }, 'glibc >= 2.36'],
    ['glibc', { name: 'libc6', op: '<<', version: '2.37' }, 'glibc'],
    ['perl', { name: 'perl-base', op: '=', version: '5.36.0-7' }, 'perl'],
  ])('%s %o', (name, relation, expected) => {
    expect(tolerantRequire(name, relation)).toBe(expected);
  });
});

describe('parsePackages', () => {
  const paragraph = (name: string, architecture = 'amd64', more = '') =>
    `Package: ${name}\nVersion: 1-1\nArchitecture: ${architecture}\nSHA256: ${'a'.repeat(64)}\nSize: 7\n${more}Description: ${name}'s text\n more: text`;

  it('reads what a conversion needs', () => {
    const [deb] = parsePackages(
      paragraph('b', 'all', 'Source: src (1-0)\nPre-Depends: p\nDepends: d | e\nProvides: v (= 2)\n'),
      'amd64',
    ).values();
    expect(deb).toEqual({
      ...{ name: 'b', version: '1-1', architecture: 'all', source: 'src', summary: "b's text", size: 7 },
      ...{ digest: 'a'.repeat(64), provides: [{ name: 'v', op: '=', version: '2' }] },
      depends: [[{ name: 'p' }], [{ name: 'd' }, { name: 'e' }]],
    });
  });

  it('leaves other architectures out and takes the first of a name', () => {
    const text = [paragraph('a', 'i386'), paragraph('a'), paragraph('a'), 'Package: c\nVersion: 1'].join(
      '\n\n',
    );
    expect([...parsePackages(text, 'amd64').keys()]).toEqual(['a']);
  });
});
