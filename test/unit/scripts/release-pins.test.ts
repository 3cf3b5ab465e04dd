import { describe, expect, it } from 'vitest';
import { commitOrder, pinUses } from '../../../scripts/release-pins.ts';

const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
const commits = { actions: new Map([['do', one]]), workflows: new Map([['.github/workflows/a.yml', two]]) };

describe('a published workflow', () => {
  it.each([
    ['  - uses: azl/do@v1', `  - uses: azl/do@${one} # v1-x`],
    ['    uses: azl/do/part@v1  ', `    uses: azl/do/part@${one} # v1-x`],
    [
      '    uses: azl/actions/.github/workflows/a.yml@v1',
      `    uses: azl/actions/.github/workflows/a.yml@${two} # v1-x`,
    ],
    ['    uses: azl/actions/.github/workflows/b.yml@v1', '    uses: azl/actions/.github/workflows/b.yml@v1'],
    ['    uses: azl/other@v1', '    uses: azl/other@v1'],
    [`    uses: a/azl@${two} # v1`, `    uses: a/azl@${two} # v1`],
    ['    # uses: azl/do@v1', '    # uses: azl/do@v1'],
  ])('%j becomes %j', (line, expected) => {
    expect(pinUses(`a:\n${line}\nb: c\n`, commits, 'v1-x')).toBe(`a:\n${expected}\nb: c\n`);
  });
});

describe('the order of commits', () => {
  const path = (name: string) => `.github/workflows/${name}.yml`;
  const calls = (...names: string[]) =>
    names.map((name) => `    uses: azl/actions/${path(name)}@v1\n`).join('');
  const texts = (tree: Record<string, string>) =>
    new Map(Object.entries(tree).map(([name, text]) => [path(name), text]));

  it('has callees before callers', () => {
    const tree = { top: calls('a', 'b'), a: calls('b'), b: '    uses: azl/do@v1\n', c: '' };
    expect(commitOrder(texts(tree))).toEqual([[path('b'), path('c')], [path('a')], [path('top')]]);
    expect(commitOrder(new Map())).toEqual([]);
  });

  it('refuses a circle', () => {
    expect(() => commitOrder(texts({ a: calls('b'), b: calls('a') }))).toThrow(/call each other in a circle/);
  });
});
