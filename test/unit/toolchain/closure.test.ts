import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { unsatisfied, withRequirements } from '../../../src/shared/toolchain/convert/requirements.ts';
import { closure } from '../../../src/shared/toolchain/debian/closure.ts';
import { type Deb, parseRelations } from '../../../src/shared/toolchain/debian/deb.ts';

const deb = (name: string, depends = '', provides = ''): Deb => ({
  ...{
    name,
    version: '1-1',
    architecture: 'amd64',
    source: name,
    summary: name,
    digest: '0'.repeat(64),
    size: 1,
  },
  ...{ depends: parseRelations(depends), provides: parseRelations(provides).flat() },
});
const universe = (...debs: Deb[]) => new Map(debs.map((one) => [one.name, one]));
const nothing = /^$/;
const names = (debs: ReadonlyMap<string, Deb>) => [...debs.keys()].sort();

describe('closure', () => {
  it('follows Depends and takes the first alternative that exists', () => {
    const all = universe(deb('a', 'none | b | c, d'), deb('b'), deb('c'), deb('d', 'a'), deb('e'));
    expect(names(closure(all, [['a']], nothing).debs)).toEqual(['a', 'b', 'd']);
  });

  it('keeps to an alternative that is chosen already', () => {
    const all = universe(deb('a', 'b | c'), deb('b'), deb('c'));
    expect(names(closure(all, [['c'], ['a']], nothing).debs)).toEqual(['a', 'c']);
  });

  it('takes a provider of a virtual name, the first by name', () => {
    const all = universe(deb('a', 'v'), deb('z', '', 'v'), deb('m', '', 'v'));
    expect(names(closure(all, [['a']], nothing).debs)).toEqual(['a', 'm']);
  });

  it('leaves out packages that only excluded packages need', () => {
    const all = universe(deb('a', 'dpkg, b'), deb('b'), deb('dpkg', 'x'), deb('x'));
    expect(names(closure(all, [['a']], /^dpkg$/).debs)).toEqual(['a', 'b']);
  });

  it('names requested packages that do not exist, and takes the first name that exists', () => {
    const { debs, missing } = closure(
      universe(deb('b'), deb('c')),
      [
        ['a', 'b', 'c'],
        ['q', 'r'],
      ],
      nothing,
    );
    expect(names(debs)).toEqual(['b']);
    expect(missing).toEqual([['q', 'r']]);
  });

  it('is the same for every order of the lists', () => {
    const debs = [deb('a', 'v, w'), deb('m', 'a', 'v'), deb('n', '', 'v, w'), deb('o', 'n | m', 'w')];
    const expected = names(closure(universe(...debs), [['a']], nothing).debs);
    fc.assert(
      fc.property(fc.shuffledSubarray(debs, { minLength: debs.length }), (order) => {
        expect(names(closure(universe(...order), [['a']], nothing).debs)).toEqual(expected);
      }),
    );
  });
});

const rpm = (name: string, requires: string[] = [], provides: string[] = [], files: string[] = []): Rpm => ({
  ...{
    file: `${name}-1-1.noarch.rpm`,
    name,
    epoch: 0,
    version: '1',
    release: '1',
    arch: 'noarch',
    sourceRpm: '',
    size: 1,
  },
  ...{ shipDigest: '', outputDigest: '', conflicts: [], obsoletes: [], folders: [] },
  ...{ provides: [`${name} = 1-1`, ...provides], requires, files },
});

describe('unsatisfied', () => {
  it('finds requirements without a provider, by name, path or provide', () => {
    const a = rpm('a', [
      'b >= 2',
      '/usr/bin/c',
      'libx.so.1()(64bit)',
      'liby.so.1()(64bit)',
      'rpmlib(X) <= 1',
    ]);
    const open = unsatisfied([a, rpm('b'), rpm('c', [], ['libx.so.1()(64bit)'], ['/usr/bin/c'])]);
    expect([...open]).toEqual([[a, ['liby.so.1()(64bit)']]]);
  });
});

describe('withRequirements', () => {
  it('takes what is required, by name before provide', () => {
    const rpms = [rpm('a', ['v', 'p']), rpm('b', [], ['v']), rpm('c', [], ['v', 'p']), rpm('p'), rpm('q')];
    expect(withRequirements(rpms, ['a']).map((one) => one.name)).toEqual(['a', 'b', 'p']);
  });
});
