import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problem } from '../../../src/shared/base/problems.ts';
import { type ProviderPolicy, plainPolicy } from '../../../src/shared/graph/graph.ts';
import type { Outcome, ReadyBuild } from '../../../src/shared/model/outcome.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { resolvePackages } from '../../../src/shared/planner/engine.ts';
import { withNeeds } from '../../../src/shared/planner/goals.ts';
import { acceptResult, failPackage, newProgress } from '../../../src/shared/planner/progress.ts';
import { nameOf } from '../../../src/shared/rpm/requirement.ts';
import { makeTree, type Tree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

/** A package: what its spec states, and what only its build shows. */
interface Recipe {
  spec: Spec;
  reveals?: string[];
  requires?: string[];
  /** RPMs that its spec does not declare, by name and version. */
  makes?: [name: string, version: string][];
  fails?: boolean;
}

/** Runs a tree to its end; `pick` chooses which of the ready packages is built next. */
async function run(
  recipes: readonly Recipe[],
  goals: readonly string[],
  pick: (ready: number) => number,
  store = memoryStore(),
  policy: ProviderPolicy = plainPolicy,
): Promise<{ outcomes: Map<string, Outcome>; built: string[]; tree: Tree }> {
  const parts = {
    specs: recipes.map(({ spec }) => spec),
    toolchain: madeUpToolchain([base, essentials]),
    solver: { solve },
    sources: async () => ({}),
    defines: {},
  };
  const tree = makeTree(parts, policy);
  const options = {
    tree,
    store,
    run: { priority: new Map(), rebuild: new Set<string>() },
    log: { warn: () => {} },
  };
  const chosen = { names: await withNeeds(tree.declared, goals), failures: new Map() };
  let progress = newProgress(tree.declared, chosen);
  const built: string[] = [];
  for (;;) {
    await resolvePackages(options, progress, new Set());
    if (progress.isStale) {
      progress = newProgress(tree.declared, chosen, progress);
      continue;
    }
    const ready = [...progress.ready.keys()].sort();
    const name = ready[pick(ready.length)];
    if (name === undefined) break;
    const { build: planned, reason } = progress.ready.get(name) as ReadyBuild;
    progress.ready.delete(name);
    built.push(name);
    const recipe = recipes.find(({ spec }) => spec.package === name) as Recipe;
    if (recipe.fails === true) {
      failPackage(progress, name, { state: 'failed', reason: 'it fails' });
      continue;
    }
    const rpms = recipe.spec.packages.map((one) =>
      madeUpRpm(one.name, {
        version: one.version,
        provides: [`${one.name} = ${one.version}-1`, ...one.provides, ...(recipe.reveals ?? [])],
        requires: [...one.requires, ...(recipe.requires ?? [])],
        outputDigest: `${one.name} by ${planned.key}`,
      }),
    );
    for (const [one, version] of recipe.makes ?? []) rpms.push(madeUpRpm(one, { version }));
    const result = madeUpResult(name, rpms, planned.key);
    await store.put(result, '', false);
    acceptResult(progress, { state: 'built', reason, result });
  }
  return { outcomes: progress.outcomes, built, tree };
}

const first = () => 0;
const statesOf = (outcomes: Map<string, Outcome>) =>
  Object.fromEntries([...outcomes].sort().map(([name, { state }]) => [name, state]));
const keysOf = (outcomes: Map<string, Outcome>) =>
  Object.fromEntries(
    [...outcomes].sort().map(([name, one]) => [name, 'result' in one ? one.result.key : one.state]),
  );

describe('a run', () => {
  it('adds packages that a list did not show: what RPMs require at run time, what builds reveal', async () => {
    const recipes = [
      { spec: madeUpSpec('app', ['tool']) },
      { spec: madeUpSpec('tool', [], { tool: { requires: ['ninja'] } }), requires: ['/usr/bin/deep'] },
      { spec: madeUpSpec('ninja') },
      { spec: madeUpSpec('deep', [], { deep: { files: ['/usr/bin/deep'] } }) },
      { spec: madeUpSpec('other') },
    ];
    const { tree } = await run(recipes, [], first);
    expect(await withNeeds(tree.declared, ['app'])).toEqual(['app', 'ninja', 'tool']);
    const { outcomes } = await run(
      recipes.map((one) => ({ ...one, reveals: one.spec.package === 'deep' ? ['/usr/bin/deep'] : [] })),
      ['app'],
      first,
    );
    expect(statesOf(outcomes)).toEqual({ app: 'built', deep: 'built', ninja: 'built', tool: 'built' });
  });

  it('blocks what needs a failed package, and nothing that only might have', async () => {
    const { outcomes } = await run(
      [
        { spec: madeUpSpec('app', ['pkgconfig(abc)']) },
        { spec: madeUpSpec('unrelated'), fails: true },
        { spec: madeUpSpec('xyz'), reveals: ['pkgconfig(abc) = 1'] },
        { spec: madeUpSpec('user', ['unrelated']) },
        { spec: madeUpSpec('users', ['user']) },
        { spec: madeUpSpec('named', ['pkgconfig(unrelated)']) },
      ],
      ['app', 'users', 'named'],
      first,
      memoryStore(),
      { ...plainPolicy, discover: true },
    );
    expect(statesOf(outcomes)).toEqual({
      app: 'built',
      named: 'blocked',
      unrelated: 'failed',
      user: 'blocked',
      users: 'blocked',
      xyz: 'built',
    });
    expect(outcomes.get('users')).toMatchObject({ rootCauses: ['unrelated'] });
  });

  it('names what is missing when everybody waits for everybody', async () => {
    const { outcomes } = await run(
      [
        { spec: madeUpSpec('p', ['pkgconfig(nowhere)']) },
        { spec: madeUpSpec('q', ['pkgconfig(never)']) },
        { spec: madeUpSpec('r', ['q']) },
      ],
      ['p', 'q', 'r'],
      first,
    );
    expect(outcomes.get('p')).toMatchObject({
      state: 'failed',
      kind: 'requirement',
      reason: expect.stringContaining("nothing provides 'pkgconfig(nowhere)', needed by p"),
    });
    expect(outcomes.get('q')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining("'pkgconfig(never)'"),
    });
    expect(outcomes.get('r')).toMatchObject({ state: 'blocked', rootCauses: ['q'] });
  });

  it('gives up the guess of a circle that the toolchain can satisfy', async () => {
    const { outcomes } = await run(
      [
        { spec: madeUpSpec('common', ['pkgconfig(other)']), reveals: ['pkgconfig(common) = 2'] },
        { spec: madeUpSpec('other', ['pkgconfig(common)']), reveals: ['pkgconfig(other) = 2'] },
      ],
      ['common', 'other'],
      first,
    );
    // `other` can take pkgconfig(common) from the toolchain; `common` can have pkgconfig(other) from nowhere else.
    expect(statesOf(outcomes)).toEqual({ common: 'built', other: 'built' });
  });

  it('gives up the guesses of all circles before it fails a package for one', async () => {
    const { outcomes } = await run(
      [
        { spec: madeUpSpec('a', ['lib']) },
        { spec: madeUpSpec('lib'), requires: ['b'] },
        { spec: madeUpSpec('b', ['c', 'pkgconfig(a)']) },
        { spec: madeUpSpec('c', ['other']) },
        { spec: madeUpSpec('other'), requires: ['a'] },
      ],
      ['a'],
      first,
    );
    // The guess is that `a` has pkgconfig(a). Without it, the one circle left is told from its first package.
    expect(outcomes.get('b')).toMatchObject({
      reason:
        'dependency cycle: building a needs b (through lib); building b needs c; building c needs a (through other)',
    });
    expect(statesOf(outcomes)).toEqual({
      a: 'failed',
      b: 'failed',
      c: 'failed',
      lib: 'built',
      other: 'built',
    });
  });

  it('tells a cycle that builds brought in words, and blocks what needs it', async () => {
    const { outcomes } = await run(
      [
        { spec: madeUpSpec('a', ['b']) },
        { spec: madeUpSpec('b'), requires: ['c'] },
        { spec: madeUpSpec('c', ['d']) },
        { spec: madeUpSpec('d', ['b']) },
      ],
      ['a'],
      first,
    );
    expect(outcomes.get('c')).toMatchObject({
      reason: 'dependency cycle: building c needs d; building d needs c (through b)',
    });
    expect(statesOf(outcomes)).toEqual({ a: 'blocked', b: 'built', c: 'failed', d: 'failed' });
  });

  it.each([
    ['first', first],
    ['last', (ready: number) => ready - 1],
  ])('fails a package that makes a file of one before it by name, the %s built first', async (_, pick) => {
    const recipes = [
      ...['a', 'b', 'c'].map((name) => ({ spec: madeUpSpec(name, [], { [name]: {}, same: {} }) })),
      { spec: madeUpSpec('user', ['c']) },
    ];
    const { outcomes } = await run(recipes, ['a', 'b', 'c', 'user'], pick);
    expect(statesOf(outcomes)).toMatchObject({ b: 'failed', c: 'failed', user: 'blocked' });
    expect(['built', 'reused']).toContain(outcomes.get('a')?.state);
    const reason = 'its build made same-1.0-1.x86_64.rpm, which a makes, too';
    expect(outcomes.get('b')).toEqual({ state: 'failed', reason, kind: 'clash' });
    expect(outcomes.get('c')).toEqual({ state: 'failed', reason, kind: 'clash' });
  });

  it.each<[string, string]>([
    ['app', '1.0'],
    ['app', '99'],
    ['app-libs', '1.0'],
    ['app-debuginfo', '1.0'],
  ])('fails a package that fakes %s-%s of another, in whatever order they are built', async (name, version) => {
    const recipes: Recipe[] = [
      { spec: madeUpSpec('app', [], { app: {}, 'app-libs': {} }), makes: [['app-debuginfo', '1.0']] },
      { spec: madeUpSpec('a-fake'), makes: [[name, version]] },
      { spec: madeUpSpec('user', ['app-libs']) },
      { spec: madeUpSpec('other', ['a-fake']) },
    ];
    for (const pick of [first, (ready: number) => ready - 1]) {
      const { outcomes } = await run(recipes, ['app', 'a-fake', 'user', 'other'], pick);
      expect(statesOf(outcomes)).toEqual({
        app: 'built',
        'a-fake': 'failed',
        user: 'built',
        other: 'blocked',
      });
      const reason = `its build made ${name}-${version}-1.x86_64.rpm, which its spec does not declare: app does`;
      expect(outcomes.get('a-fake')).toEqual({ state: 'failed', reason, kind: 'clash' });
    }
  });

  it('finds what only some build provides by building all, when asked to', async () => {
    const recipes = [
      { spec: madeUpSpec('p', ['perl(A)']) },
      { spec: madeUpSpec('q', ['perl(B)']), reveals: ['perl(A)'] },
      { spec: madeUpSpec('r'), reveals: ['perl(B)'] },
    ];
    const discover = { ...plainPolicy, discover: true };
    const { outcomes } = await run(recipes, ['p'], first, memoryStore(), discover);
    expect(statesOf(outcomes)).toEqual({ p: 'built', q: 'built', r: 'built' });
  });

  it('builds what needs a failed package only if another is there, which is not', async () => {
    const recipes = [
      { spec: madeUpSpec('main', ['(broken if never-there)']) },
      { spec: madeUpSpec('broken'), fails: true },
      { spec: madeUpSpec('never-there') },
    ];
    const { outcomes } = await run(recipes, ['main', 'broken', 'never-there'], first);
    expect(outcomes.get('main')?.state).toBe('built');
  });

  it('names all failed packages that one needs, whichever failed first', async () => {
    const recipes = [
      { spec: madeUpSpec('x'), fails: true },
      { spec: madeUpSpec('y'), fails: true },
      { spec: madeUpSpec('app', ['x', 'y']) },
    ];
    for (const pick of [first, (ready: number) => ready - 1]) {
      const { outcomes } = await run(recipes, ['app'], pick);
      expect(outcomes.get('app')).toMatchObject({ reason: 'needs x, y, which failed' });
    }
  });

  it('fails a package whose sources have a fault, when it turns out to be needed', async () => {
    const recipes = [{ spec: madeUpSpec('app') }];
    const tree = makeTree({
      specs: recipes.map(({ spec }) => spec),
      toolchain: madeUpToolchain([base, essentials]),
      solver: { solve },
      sources: async () => {
        throw problem('has no entry', { file: 'app.signatures.json' });
      },
      defines: {},
    });
    const progress = newProgress(tree.declared, { names: ['app'], failures: new Map() });
    const run = { priority: new Map(), rebuild: new Set<string>() };
    const rest = { store: memoryStore(), run, log: { warn: () => {} } };
    await resolvePackages({ tree, ...rest }, progress, new Set());
    expect(progress.outcomes.get('app')).toEqual({
      state: 'failed',
      kind: 'input',
      reason: 'app.signatures.json: has no entry',
    });
  });
});

describe('what a run ends with', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  /** Later packages need earlier ones by name; anybody may reveal and need what no spec states. */
  const trees = fc
    .array(
      fc.record({
        declared: fc.subarray(names),
        open: fc.subarray(['pkgconfig(x1)', 'pkgconfig(common)', 'libd.so.1()(64bit)'], { maxLength: 2 }),
        reveals: fc.subarray(['pkgconfig(x1)', 'pkgconfig(common)', 'libd.so.1()(64bit)'], { maxLength: 2 }),
        version: fc.constantFrom('1.0', '2.0'),
        fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
      { minLength: names.length, maxLength: names.length },
    )
    .map((rows) =>
      rows.map((row, index): Recipe => {
        const name = names[index] as string;
        const before = row.declared.filter((one) => one < name);
        const spec = madeUpSpec(name, [...before, ...row.open.filter((one) => !row.reveals.includes(one))]);
        for (const one of spec.packages) one.version = row.version;
        return {
          spec,
          reveals: row.reveals.map((one) => `${nameOf(one)} = ${row.version}`),
          fails: row.fails,
        };
      }),
    );
  const order = fc.infiniteStream(fc.nat());
  const picker = (stream: Iterator<number>) => (ready: number) =>
    ready === 0 ? 0 : (stream.next().value as number) % ready;

  it('does not depend on what is built first; a second run builds nothing', async () => {
    await fc.assert(
      fc.asyncProperty(trees, order, order, async (recipes, one, other) => {
        const whole = recipes.map((recipe) => ({ ...recipe, fails: false }));
        const left = await run(whole, names, picker(one));
        const store = memoryStore();
        const right = await run(whole, names, picker(other), store);
        expect(keysOf(right.outcomes)).toEqual(keysOf(left.outcomes));
        const again = await run(whole, names, first, store);
        expect(keysOf(again.outcomes)).toEqual(keysOf(right.outcomes));
        expect(again.built).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is an outcome for every package, whatever fails, and no failure without a cause', async () => {
    await fc.assert(
      fc.asyncProperty(trees, order, async (recipes, one) => {
        const { outcomes } = await run(recipes, names, picker(one));
        expect([...outcomes.keys()].sort()).toEqual(names);
        for (const [name, outcome] of outcomes) {
          if (outcome.state === 'blocked') expect(outcome.rootCauses.length).toBeGreaterThan(0);
          if (outcome.state === 'failed') expect(outcome.reason, name).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });
});
