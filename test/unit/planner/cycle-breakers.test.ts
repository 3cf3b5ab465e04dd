import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { cycleBreakers, findTangles, requiredOf } from '../../../src/shared/planner/cycle-breakers.ts';
import { madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { cyclesOf, makeGraph } from '../../support/made-up-graph.ts';

const toolchainOf = (names: readonly string[]) => madeUpToolchain(names.map((name) => madeUpRpm(name)));

function breakersOf(specs: readonly Spec[], prebuilt: readonly string[]): string[] {
  const { declared } = makeGraph(specs, toolchainOf(prebuilt));
  return cycleBreakers(declared, findTangles(declared));
}

describe('the packages that break cycles', () => {
  const perl = [
    madeUpSpec('perl', ['gcc', 'zlib']),
    madeUpSpec('zlib', ['perl']),
    madeUpSpec('gcc', ['perl', 'zlib']),
    madeUpSpec('app', ['perl']),
  ];

  it('are none where no packages need each other', () => {
    expect(breakersOf([madeUpSpec('a', ['b']), madeUpSpec('b', [])], ['a', 'b'])).toEqual([]);
  });

  it('are those with the most ways through them, until none need each other', () => {
    expect(breakersOf(perl, ['perl', 'gcc', 'zlib', 'app'])).toEqual(['perl']);
  });

  it('are others where the toolchain has none of the best', () => {
    expect(breakersOf(perl, ['gcc', 'zlib'])).toEqual(['gcc', 'zlib']);
  });

  it('are none of a group of which the toolchain has nothing', () => {
    expect(breakersOf(perl, ['app'])).toEqual([]);
  });

  it('leave a cycle through what the toolchain lacks, and no other', () => {
    const specs = [
      madeUpSpec('glibc', ['gawk'], { glibc: {}, 'glibc-debuginfo': {} }),
      madeUpSpec('gawk', ['glibc']),
      madeUpSpec('gdb', ['glibc-debuginfo', 'gawk']),
    ];
    expect(breakersOf(specs, ['glibc'])).toEqual(['glibc']);
    const policy = { ...plainPolicy, breakCycles: new Set(['glibc']) };
    expect(cyclesOf(makeGraph(specs, toolchainOf(['glibc']), policy), ['gawk', 'gdb', 'glibc'])).toEqual([]);
    const tied = [...specs.slice(0, 1), madeUpSpec('gawk', ['glibc', 'glibc-debuginfo'])];
    expect(cyclesOf(makeGraph(tied, toolchainOf(['glibc']), policy), ['gawk'])).toHaveLength(1);
  });

  it('do not count when the toolchain has nothing that the others need of them', () => {
    const specs = [
      madeUpSpec('python', ['tool'], { python: {}, 'python-devel': {} }),
      madeUpSpec('tool', ['python-devel']),
    ];
    expect(breakersOf(specs, ['python'])).toEqual([]);
    expect(breakersOf(specs, ['python', 'python-devel'])).toEqual(['python']);
  });

  it('include one that needs itself', () => {
    expect(breakersOf([madeUpSpec('m4', ['m4'])], ['m4'])).toEqual(['m4']);
  });

  it('count what an RPM between two builds requires', () => {
    const specs = [
      madeUpSpec('a', ['middle']),
      madeUpSpec('middle', [], { middle: { requires: ['b-libs'] } }),
      madeUpSpec('b', ['a'], { b: {}, 'b-libs': {} }),
    ];
    const { declared } = makeGraph(specs, toolchainOf([]));
    const [tangle = new Set<string>()] = findTangles(declared);
    const required = [...requiredOf(declared, tangle)].map(([name, wanted]) => [
      name,
      [...wanted].map((one) => 'name' in one && one.name),
    ]);
    expect(required).toEqual([
      ['a', ['a']],
      ['b', ['b-libs']],
    ]);
    expect(breakersOf(specs, ['b-libs'])).toEqual(['b']);
  });

  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const trees = fc.record(
    Object.fromEntries(names.map((name) => [name, fc.subarray(names)])) as Record<
      string,
      fc.Arbitrary<string[]>
    >,
  );

  it('leave no cycle of any tree whose packages the toolchain has, and none is chosen without a cycle', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const specs = Object.entries(tree).map(([name, needs]) => madeUpSpec(name, needs));
        const chosen = breakersOf(specs, names);
        const policy = { ...plainPolicy, breakCycles: new Set(chosen) };
        const before = cyclesOf(makeGraph(specs, toolchainOf(names)), names);
        expect(cyclesOf(makeGraph(specs, toolchainOf(names), policy), names)).toEqual([]);
        expect(chosen.length > 0).toBe(before.length > 0);
      }),
    );
  });
});
