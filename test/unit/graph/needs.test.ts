import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeCycle, findCycles } from '../../../src/shared/graph/cycles.ts';
import { declaredDependents, declaredNeeds } from '../../../src/shared/graph/declared-needs.ts';
import { addResult, declaredGraph, type Graph, newGraph } from '../../../src/shared/graph/graph.ts';
import { findProvider, needsOf } from '../../../src/shared/graph/needs.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const toolchain = madeUpToolchain([
  madeUpRpm('gcc'),
  madeUpRpm('zlib-devel', { epoch: 1, provides: ['zlib-devel = 1:1.2-1', 'pkgconfig(zlib) = 1.2'] }),
]);

/** What a package needs, its waits by name alone. */
function needed(graph: Graph, name: string) {
  const { waits, ...needs } = needsOf(graph, name);
  return { ...needs, waitsFor: waits.map((wait) => wait.package) };
}

/** The graph of a tree, nothing of it built. */
function makeGraph(...parts: Parameters<typeof declaredGraph>): Graph {
  return newGraph(declaredGraph(...parts));
}

function cyclesOf(graph: Graph, names: readonly string[]) {
  return findCycles(names, (name) =>
    [...declaredNeeds(graph.declared, name)].map(([needs, through]) => ({ package: name, needs, through })),
  );
}

describe('needs of a package', () => {
  it('takes what the toolchain alone provides as no edge, and the tree before the toolchain', () => {
    const tree = [
      madeUpSpec('app', ['gcc', 'zlib-devel']),
      madeUpSpec('zlib', [], { zlib: {}, 'zlib-devel': { requires: ['zlib = 1.0-1'] } }),
    ];
    expect(needed(makeGraph(tree, toolchain), 'app')).toEqual({
      packages: ['zlib'],
      waitsFor: ['zlib'],
      missing: [],
    });
    expect(needed(makeGraph([madeUpSpec('app', ['zlib-devel'])], toolchain), 'app').waitsFor).toEqual([]);
  });

  it('follows what built RPMs require, not what their specs said', () => {
    const graph = makeGraph(
      [madeUpSpec('app', ['lib-devel']), madeUpSpec('lib', [], { 'lib-devel': {} }), madeUpSpec('deep')],
      toolchain,
    );
    addResult(graph, madeUpResult('lib', [madeUpRpm('lib-devel', { requires: ['deep >= 1.0'] })]));
    expect(needed(graph, 'app')).toEqual({ packages: ['deep', 'lib'], waitsFor: ['deep'], missing: [] });
  });

  it('keeps what only a build reveals open for the likely specs, then for all, then calls it missing', () => {
    const specs = [madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('libfoo'), madeUpSpec('bar')];
    const graph = makeGraph(specs, toolchain);
    expect(needed(graph, 'app').waitsFor).toEqual(['libfoo']);
    addResult(graph, madeUpResult('libfoo'));
    expect(needed(graph, 'app').waitsFor).toEqual(['bar']);
    addResult(graph, madeUpResult('bar'));
    expect(needed(graph, 'app').missing).toEqual([{ capability: 'pkgconfig(foo)', path: ['app'] }]);
  });

  it('takes an open requirement from whoever turned out to provide it', () => {
    const graph = makeGraph([madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('bar')], toolchain);
    addResult(
      graph,
      madeUpResult('bar', [madeUpRpm('bar', { provides: ['bar = 1.0-1', 'pkgconfig(foo) = 2'] })]),
    );
    expect(needed(graph, 'app')).toEqual({ packages: ['bar'], waitsFor: [], missing: [] });
  });

  it('waits for a likely spec although the toolchain provides it, but not for one that needs the asker', () => {
    const needy = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('zlib')];
    expect(needed(makeGraph(needy, toolchain), 'app').waitsFor).toEqual(['zlib']);
    const knotted = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('zlib', ['app'])];
    expect(needed(makeGraph(knotted, toolchain), 'app')).toEqual({
      packages: [],
      waitsFor: [],
      missing: [],
    });
  });

  it('sees a late provider only where the toolchain has none, so that it does not matter when it was built', () => {
    const specs = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('cloud')];
    const cloud = (...provides: string[]) =>
      madeUpResult('cloud', [madeUpRpm('cloud', { provides: ['cloud = 1.0-1', ...provides] })]);
    const graph = makeGraph(specs, toolchain);
    const before = needed(graph, 'app');
    addResult(graph, cloud('pkgconfig(zlib) = 9'));
    expect(needed(graph, 'app')).toEqual(before);
    const bare = makeGraph(specs, madeUpToolchain([]));
    expect(needed(bare, 'app').waitsFor).toEqual(['cloud']);
    addResult(bare, cloud('pkgconfig(zlib) = 9'));
    expect(needed(bare, 'app').packages).toEqual(['cloud']);
  });

  it('takes a late provider before all others are built only when asked to', () => {
    const specs = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('cloud'), madeUpSpec('sky')];
    const graph = makeGraph(specs, madeUpToolchain([]));
    const provides = ['cloud = 1.0-1', 'pkgconfig(zlib) = 9'];
    addResult(graph, madeUpResult('cloud', [madeUpRpm('cloud', { provides })]));
    expect(needed(graph, 'app').waitsFor).toEqual(['sky']);
    expect(needsOf(graph, 'app', [], true)).toMatchObject({ packages: ['cloud'], waits: [] });
  });

  it('waits for all likely specs before it takes the best of them', () => {
    const specs = [madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('foo'), madeUpSpec('libfoo2')];
    const graph = makeGraph(specs, toolchain);
    const provides = ['pkgconfig(foo) = 1'];
    addResult(graph, madeUpResult('foo', [madeUpRpm('foo', { provides })]));
    expect(needed(graph, 'app').waitsFor).toEqual(['libfoo2']);
    addResult(graph, madeUpResult('libfoo2', [madeUpRpm('libfoo2', { version: '2.0', provides })]));
    expect(needed(graph, 'app')).toEqual({ packages: ['libfoo2'], waitsFor: [], missing: [] });
  });

  it('finds a path under its other name', () => {
    const specs = [
      madeUpSpec('app', ['/bin/foo']),
      madeUpSpec('tools', [], { tools: { files: ['/usr/bin/foo'] } }),
    ];
    expect(needed(makeGraph(specs, toolchain), 'app').packages).toEqual(['tools']);
    const sh = madeUpToolchain([madeUpRpm('bash', { files: ['/usr/bin/sh'] })]);
    expect(needed(makeGraph([madeUpSpec('app', ['/bin/sh'])], sh), 'app').missing).toEqual([]);
  });

  it('waits for what a rich dependency may open, and minds its versions', () => {
    const young = madeUpSpec('foo-2', [], { foo: {} });
    for (const one of young.packages) one.version = '2.0';
    const tree = [
      madeUpSpec('app', ['(pkgconfig(abc) or nowhere)', '(foo < 2 or gone)']),
      ...[madeUpSpec('libabc'), madeUpSpec('foo-1', [], { foo: {} }), young],
    ];
    expect(needed(makeGraph(tree, toolchain), 'app')).toEqual({
      packages: ['foo-1'],
      waitsFor: ['foo-1', 'libabc'],
      missing: [],
    });
    const missing = makeGraph([madeUpSpec('app', ['(nowhere or gone)', '(nowhere if gone)'])], toolchain);
    expect(needed(missing, 'app').missing).toEqual([{ capability: '(nowhere or gone)', path: ['app'] }]);
  });

  it('makes every name of a rich dependency an edge, and none of them missing', () => {
    const graph = makeGraph(
      [madeUpSpec('app', ['(a if (b or nowhere))']), madeUpSpec('a'), madeUpSpec('b')],
      toolchain,
    );
    expect(needed(graph, 'app')).toEqual({ packages: ['a', 'b'], waitsFor: ['a', 'b'], missing: [] });
  });

  it('counts versions, and takes the highest of several that satisfy', () => {
    const old = madeUpSpec('go-1', [], { golang: {} });
    const young = madeUpSpec('go-2', [], { golang: {} });
    for (const one of young.packages) one.version = '2.0';
    const graph = makeGraph([old, young, madeUpSpec('app', ['golang'])], toolchain);
    expect(needed(graph, 'app').waitsFor).toEqual(['go-2']);
    expect(findProvider(graph, 'golang < 2', 'app')).toMatchObject({ by: 'tree', node: { package: 'go-1' } });
    expect(findProvider(graph, 'golang > 3', 'app')).toEqual({ by: 'nothing' });
  });
});

describe('a generation of the graph', () => {
  it('takes one result of a package, and leaves the declared graph and other generations as they are', () => {
    const declared = declaredGraph([madeUpSpec('app', ['lib']), madeUpSpec('lib')], toolchain);
    const [first, second] = [newGraph(declared), newGraph(declared)];
    addResult(first, madeUpResult('lib'));
    expect(() => addResult(first, madeUpResult('lib'))).toThrow('lib has two results');
    expect(needed(first, 'app').waitsFor).toEqual([]);
    expect(needed(second, 'app').waitsFor).toEqual(['lib']);
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
    expect(describeCycle(cycle ?? [])).toBe('building a needs c (through b-devel); building c needs a');
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
        const self = names.some((name) => declaredDependents(graph.declared, name).has(name));
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
