import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certainNeeds } from '../../../src/shared/graph/certain-needs.ts';
import { describeCycle } from '../../../src/shared/graph/cycles.ts';
import { declaredPath } from '../../../src/shared/graph/declared-needs.ts';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import { needsOf } from '../../../src/shared/graph/walk.ts';
import { madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { cyclesOf, makeGraph, needed } from '../../support/made-up-graph.ts';

const toolchain = madeUpToolchain([madeUpRpm('gcc')]);

describe('a cycle that the toolchain breaks', () => {
  const specs = [madeUpSpec('m4', ['m4', 'tool']), madeUpSpec('tool', ['m4']), madeUpSpec('app', ['m4'])];
  const prebuilt = madeUpToolchain([madeUpRpm('m4')]);
  const breakCycles = new Set(['m4']);

  it('is a cycle without the policy', () => {
    expect(cyclesOf(makeGraph(specs, prebuilt), ['m4'])).not.toEqual([]);
  });

  it('is none with it: who m4 needs takes the prebuilt one, all others take the new one', () => {
    const graph = makeGraph(specs, prebuilt, { ...plainPolicy, breakCycles });
    expect(cyclesOf(graph, ['m4', 'tool', 'app'])).toEqual([]);
    expect(needsOf(graph, 'm4')).toMatchObject({ waits: [{ package: 'tool' }], brokenCycles: ['m4'] });
    expect(needsOf(graph, 'tool')).toMatchObject({ waits: [], packages: [], brokenCycles: ['m4'] });
    expect(needsOf(graph, 'app')).toMatchObject({ waits: [{ package: 'm4' }], brokenCycles: [] });
  });

  it('stays one where the toolchain has none', () => {
    const graph = makeGraph(specs, toolchain, { ...plainPolicy, breakCycles });
    expect(needed(graph, 'tool')).toMatchObject({ waitsFor: ['m4'], missing: [] });
    expect(cyclesOf(graph, ['m4'])).not.toEqual([]);
  });
});

describe('cycles', () => {
  it('are shown as a path, with the RPMs that lead through them', () => {
    const graph = makeGraph(
      [
        madeUpSpec('a', ['b-devel']),
        madeUpSpec('b', ['gcc'], { b: {}, 'b-devel': { requires: ['c'] } }),
        madeUpSpec('c', ['a']),
      ],
      toolchain,
    );
    const [cycle] = cyclesOf(graph, ['a']);
    const through = (name: string, need: string) => declaredPath(graph.declared, name, need);
    expect(describeCycle(cycle ?? [], through)).toBe(
      'building a needs c (through b-devel); building c needs a',
    );
    expect(cyclesOf(graph, ['b'])).toEqual([]);
  });

  it('are none where RPMs only require each other at run time', () => {
    const loop = [
      madeUpSpec('a', [], { a: { requires: ['b'] } }),
      madeUpSpec('b', [], { b: { requires: ['a'] } }),
    ];
    expect(cyclesOf(makeGraph(loop, toolchain), ['a', 'b'])).toEqual([]);
  });

  it('are found exactly when a package reaches itself', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const edges = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), {
      selector: ([from, to]) => `${from} ${to}`,
    });
    fc.assert(
      fc.property(edges, (pairs) => {
        const specs = names.map((name) =>
          madeUpSpec(
            name,
            pairs.filter(([from]) => from === name).map(([, to]) => to),
          ),
        );
        const graph = makeGraph(specs, toolchain);
        const self = names.some((name) => certainNeeds(graph.declared, name).has(name));
        const cycles = cyclesOf(graph, names);
        expect(cycles.length > 0).toBe(self);
        for (const cycle of cycles) {
          cycle.forEach((step, index) => {
            expect(pairs).toContainEqual([step.package, step.needs]);
            expect(cycle[(index + 1) % cycle.length]?.package).toBe(step.needs);
          });
        }
      }),
    );
  });
});
