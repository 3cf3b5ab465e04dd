import { describe, expect, it } from 'vitest';
import { guessVersions } from '../../../src/shared/specs/guess-versions.ts';
import { expandLiterally, literalMacros } from '../../../src/shared/specs/literal-macros.ts';

const guess = (tree: Readonly<Record<string, string>>, distTag = '.azl3') => {
  const specs = Object.entries(tree).map(([name, text]) => ({
    package: name,
    bytes: () => Buffer.from(text),
  }));
  return Object.fromEntries(guessVersions(specs, distTag).map((macros, at) => [specs[at]?.package, macros]));
};

const names = (...macros: string[]) => macros.map((name) => `Requires: x = %{${name}}\n`).join('');

describe('a guess of version macros', () => {
  it('is what the texts say, also of versions that follow from others, without the dist tag', () => {
    const driver = '%global suffix _%{?azl_kernel_hwe_version}.%azl_kernel_hwe_release';
    const found = guess({
      'kernel-hwe': 'Version:\t6.12.83.1\nRelease: 1%{?dist}\nEpoch: 1\n',
      driver: `${driver}\nversion: 25.07\nRelease:  2%{suffix}%{?dist}\n`,
      tool: names('azl_driver_release', 'azl_kernel_hwe_epoch', 'azl_driver_version'),
      other: 'Version: 1\nRelease: 1\n',
    });
    expect(found).toEqual({
      'kernel-hwe': {},
      driver: { azl_kernel_hwe_release: '1', azl_kernel_hwe_version: '6.12.83.1' },
      tool: {
        azl_driver_release: '2_6.12.83.1.1',
        azl_driver_version: '25.07',
        azl_kernel_hwe_epoch: '1',
      },
      other: {},
    });
    expect(Object.keys(found['tool'] ?? {})).toEqual(Object.keys(found['tool'] ?? {}).sort());
  });

  it.each([
    ['a macro that nothing defines', 'Version: 1%{unknown}\n'],
    ['what a shell says', 'Version: %(date)\n'],
    ['a version that follows from itself', 'Version: 1%{azl_a_version}\n'],
    ['a name that no file can have', 'Version: ../1\n'],
    ['no version', 'Name: a\n'],
    ['a tag that is not at the start of a line', '  # Version: 1\n'],
  ])('is none for %s', (_, text) => {
    expect(guess({ a: text, b: names('azl_a_version', 'azl_nobody_release') })['b']).toEqual({});
  });

  it('keeps a release as it is where there is no dist tag', () => {
    const found = guess({ a: 'Release: 1%{?dist}\n', b: names('azl_a_release') }, '');
    expect(found['b']).toEqual({ azl_a_release: '1' });
  });
});

describe('macros that a text defines', () => {
  it('are those of one line and one word; others stay as they are', () => {
    const macros = literalMacros('%global a 1\n  %define b %{a}.2\n%global c() x\n%define d x y\n%global\n');
    expect([...macros]).toEqual([
      ['a', '1'],
      ['b', '%{a}.2'],
    ]);
    expect(expandLiterally('%b-%{?a}-%{c}-%(%{a})', macros)).toBe('1.2-1-%{c}-%(1)');
    expect(expandLiterally('%x', new Map([['x', '%x%x']])).length).toBeLessThan(100);
  });

  it('fill no memory, whatever they are made of', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const text = names.map((name, at) => `%global ${name} ${`%${names[at + 1]}`.repeat(400)}\n`).join('');
    expect(expandLiterally('%a', literalMacros(text)).length).toBeLessThan(1_000_000);
    expect(literalMacros(`%global a ${'x'.repeat(10_000)}\n`).size).toBe(0);
  });
});
