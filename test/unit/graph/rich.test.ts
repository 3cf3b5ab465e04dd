import { describe, expect, it } from 'vitest';
import { declaredNeeds } from '../../../src/shared/graph/declared-needs.ts';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import { madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { build, cyclesOf, makeGraph, needed } from '../../support/made-up-graph.ts';

describe('a rich dependency', () => {
  const names = ['a', 'b', 'c', 'd'];
  const others = names.map((name) => madeUpSpec(name));
  const worker = madeUpToolchain([madeUpRpm('make')]);

  it.each([
    // What it says; what else is required; what is awaited at the end.
    ['(a and b)', [], ['a', 'b']],
    ['(a or b)', [], ['a']],
    ['(b or a)', [], ['b']],
    ['(a or b)', ['b'], ['b']],
    ['(make or a)', [], []],
    ['(a or make)', [], []],
    ['(nowhere or b)', [], ['b']],
    ['(a if b)', [], []],
    ['(a if b)', ['b'], ['a', 'b']],
    ['(a if make)', [], ['a']],
    ['(a if nowhere)', [], []],
    ['(a if b else c)', [], ['c']],
    ['(a if b else c)', ['b'], ['a', 'b']],
    ['(a unless b)', [], ['a']],
    ['(a unless b)', ['b'], ['b']],
    ['(a unless b else c)', ['b'], ['b', 'c']],
    ['(a if (b and c))', ['b'], ['b']],
    ['(a if (b or c))', ['c'], ['a', 'c']],
    ['((a or b) if c)', ['c'], ['a', 'c']],
    ['((a if b) and c)', ['b'], ['a', 'b', 'c']],
    ['((a unless b) or c)', ['b'], ['b', 'c']],
    ['((a unless b) or c)', [], ['a']],
    ['((a unless b) or (c if d))', ['b'], ['b']],
    ['((a and nowhere) or b)', [], ['b']],
    ['(pkgconfig(a) or b)', [], ['b']],
    ['(nowhere if b)', [], []],
    // What is required without the condition is not to be had: the condition is required, too.
    ['(a if b else nowhere)', [], ['a', 'b']],
    ['(a if make else nowhere)', [], ['a']],
    ['(nowhere unless b else a)', [], ['a', 'b']],
    ['(a if (b or c) else (nowhere or gone))', ['d'], ['a', 'b', 'd']],
    ['(a if b else (c if d else nowhere))', [], ['c', 'd']],
    ['((a if b else nowhere) or nowhere)', [], ['a', 'b']],
  ])('%s beside %j leads to %j', (rich, more, expected) => {
    const graph = makeGraph([madeUpSpec('app', [rich, ...more]), ...others], worker);
    // Everything that is awaited is built, until nothing is.
    for (let waits = needed(graph, 'app').waitsFor; waits.length > 0; waits = needed(graph, 'app').waitsFor)
      for (const name of waits) build(graph, name);
    expect(needed(graph, 'app')).toEqual({ packages: expected, waitsFor: [], missing: [] });
    expect(declaredNeeds(graph.declared, 'app')).toEqual(expected);
  });

  it.each([
    '(nowhere or gone)',
    '(nowhere if make)',
    '(nowhere unless gone)',
    '(gone with nowhere)',
    '(nowhere if a else gone)',
    '(a if nowhere else gone)',
  ])('is missing when nothing can satisfy it: %s', (rich) =>
    expect(needed(makeGraph([madeUpSpec('app', [rich])], worker), 'app').missing).toHaveLength(1));

  it('makes no edge to what only a root with the condition needs: no cycle', () => {
    const specs = [
      madeUpSpec('swtpm', [], { swtpm: { requires: ['(swt-selinux if selinux-policy)'] } }),
      madeUpSpec('swt-selinux', ['swtpm']),
      madeUpSpec('selinux-policy'),
      madeUpSpec('app', ['swtpm']),
    ];
    const graph = makeGraph(specs, worker);
    expect(
      cyclesOf(
        graph,
        specs.map((spec) => spec.package),
      ),
    ).toEqual([]);
    expect(declaredNeeds(graph.declared, 'app')).toEqual(['swtpm']);
  });

  it('takes no term that needs the asker when another is to be had', () => {
    for (const [rich, expected] of [
      ['(altmake or b)', ['b']],
      ['(b if c else altmake)', ['b', 'c']],
    ] as const) {
      const specs = [madeUpSpec('app', [rich]), madeUpSpec('altmake', ['app']), ...others];
      const graph = makeGraph(specs, worker);
      expect(declaredNeeds(graph.declared, 'app')).toEqual(expected);
      expect(cyclesOf(graph, ['app'])).toEqual([]);
    }
  });

  it('takes no term that only earlier builds point to when another is to be had', () => {
    const specs = [madeUpSpec('app', ['(b if c else perl(Odd))']), madeUpSpec('old'), ...others];
    for (const pointers of [new Map(), new Map([['perl(Odd)', ['old']]])]) {
      const graph = makeGraph(specs, worker, { ...plainPolicy, pointers });
      for (const name of ['old', 'b', 'c'])
        build(graph, name, name === 'old' ? { provides: ['perl(Odd)'] } : {});
      expect(needed(graph, 'app').packages).toEqual(['b', 'c']);
    }
  });

  it('never counts a term that only a build might reveal when another is declared, early or late', () => {
    const specs = [madeUpSpec('app', ['(zeta or perl(Strange))']), madeUpSpec('beta'), madeUpSpec('zeta')];
    for (const order of [
      ['zeta', 'beta'],
      ['beta', 'zeta'],
    ]) {
      const graph = makeGraph(specs, worker);
      for (const name of order) build(graph, name, name === 'beta' ? { provides: ['perl(Strange)'] } : {});
      expect(needed(graph, 'app').packages).toEqual(['zeta']);
    }
  });

  it('leads to all its terms where the solver needs more to choose from', () => {
    const graph = makeGraph([madeUpSpec('app', ['(a or b)', '(c if d)']), ...others], worker);
    expect(needed(graph, 'app', { isWide: true }).waitsFor).toEqual(names);
  });
});
