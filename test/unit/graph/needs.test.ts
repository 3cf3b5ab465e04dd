import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeCycle, findCycles } from '../../../src/shared/graph/cycles.ts';
import { addResult, makeGraph } from '../../../src/shared/graph/graph.ts';
import { needsOf, resolve, statedReach } from '../../../src/shared/graph/needs.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const toolchain = madeUpToolchain([
  madeUpRpm('gcc'),
  madeUpRpm('zlib-devel', { epoch: 1, provides: ['zlib-devel = 1:1.2-1', 'pkgconfig(zlib) = 1.2'] }),
]);

describe('needs of a package', () => {
  it('takes what the toolchain alone provides as no edge, and the tree before the toolchain', () => {
    const tree = [
      madeUpSpec('app', ['gcc', 'zlib-devel']),
      madeUpSpec('zlib', [], { zlib: {}, 'zlib-devel': { requires: ['zlib = 1.0-1'] } }),
    ];
    expect(needsOf(makeGraph(tree, toolchain), 'app')).toEqual({
      packages: ['zlib'],
      waitsFor: ['zlib'],
      missing: [],
    });
    expect(needsOf(makeGraph([madeUpSpec('app', ['zlib-devel'])], toolchain), 'app').waitsFor).toEqual([]);
  });

  it('follows what built RPMs require, not what their specs said', () => {
    const graph = makeGraph(
      [madeUpSpec('app', ['lib-devel']), madeUpSpec('lib', [], { 'lib-devel': {} }), madeUpSpec('deep')],
      toolchain,
    );
    addResult(graph, madeUpResult('lib', [madeUpRpm('lib-devel', { requires: ['deep >= 1.0'] })]));
    expect(needsOf(graph, 'app')).toEqual({ packages: ['deep', 'lib'], waitsFor: ['deep'], missing: [] });
  });

  it('keeps what only a build reveals open for the likely specs, then for all, then calls it missing', () => {
    const specs = [madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('libfoo'), madeUpSpec('bar')];
    const graph = makeGraph(specs, toolchain);
    expect(needsOf(graph, 'app').waitsFor).toEqual(['libfoo']);
    addResult(graph, madeUpResult('libfoo'));
    expect(needsOf(graph, 'app').waitsFor).toEqual(['bar']);
    addResult(graph, madeUpResult('bar'));
    expect(needsOf(graph, 'app').missing).toEqual([{ capability: 'pkgconfig(foo)', path: ['app'] }]);
  });

  it('takes an open requirement from whoever turned out to provide it', () => {
    const graph = makeGraph([madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('bar')], toolchain);
    addResult(
      graph,
      madeUpResult('bar', [madeUpRpm('bar', { provides: ['bar = 1.0-1', 'pkgconfig(foo) = 2'] })]),
    );
    expect(needsOf(graph, 'app')).toEqual({ packages: ['bar'], waitsFor: [], missing: [] });
  });

  it('waits for a likely spec although the toolchain provides it, but not for one that needs the asker', () => {
    const needy = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('zlib')];
    expect(needsOf(makeGraph(needy, toolchain), 'app').waitsFor).toEqual(['zlib']);
    const knotted = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('zlib', ['app'])];
    expect(needsOf(makeGraph(knotted, toolchain), 'app')).toEqual({
      packages: [],
      waitsFor: [],
      missing: [],
    });
  });

  it('makes every name of a rich dependency an edge, and none of them missing', () => {
    const graph = makeGraph(
      [madeUpSpec('app', ['(a if (b or nowhere))']), madeUpSpec('a'), madeUpSpec('b')],
      toolchain,
    );
    expect(needsOf(graph, 'app')).toEqual({ packages: ['a', 'b'], waitsFor: ['a', 'b'], missing: [] });
  });

  it('counts versions, and takes the highest of several that satisfy', () => {
    const old = madeUpSpec('go-1', [], { golang: {} });
    const young = madeUpSpec('go-2', [], { golang: {} });
    for (const one of young.packages) one.version = '2.0';
    const graph = makeGraph([old, young, madeUpSpec('app', ['golang'])], toolchain);
    expect(needsOf(graph, 'app').waitsFor).toEqual(['go-2']);
    expect(resolve(graph, 'golang < 2', 'app')).toMatchObject({ by: 'tree', nodes: [{ package: 'go-1' }] });
    expect(resolve(graph, 'golang > 3', 'app')).toEqual({ by: 'nothing' });
  });
});

describe('cycles', () => {
  it('are told as a path, with the RPMs that lead through them', () => {
    const graph = makeGraph(
      [
        madeUpSpec('a', ['b-devel']),
        madeUpSpec('b', ['gcc'], { b: {}, 'b-devel': { requires: ['c'] } }),
        madeUpSpec('c', ['a']),
      ],
      toolchain,
    );
    const [cycle] = findCycles(graph, ['a']);
    expect(describeCycle(cycle ?? [])).toBe('building a needs c (through b-devel); building c needs a');
    expect(findCycles(graph, ['b'])).toEqual([]);
  });

  it('are none where RPMs only require each other at run time', () => {
    const loop = [
      madeUpSpec('a', [], { a: { requires: ['b'] } }),
      madeUpSpec('b', [], { b: { requires: ['a'] } }),
    ];
    expect(findCycles(makeGraph(loop, toolchain), ['a', 'b'])).toEqual([]);
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
        const self = names.some((name) => statedReach(graph, name).has(name));
        const cycles = findCycles(graph, names);
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
