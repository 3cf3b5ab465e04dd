import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome, ReadyBuild } from '../../../src/shared/model/outcome.ts';
import type { Capability } from '../../../src/shared/model/rpm.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import { planBuilds, resolvePackages } from '../../../src/shared/planner/engine.ts';
import { acceptResult, newProgress, resolveAgain } from '../../../src/shared/planner/progress.ts';
import { unmetRequirements } from '../../../src/shared/planner/resolve.ts';
import { rememberGenerated } from '../../../src/shared/solver/generated-requires.ts';
import { makeTree, type Tree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

/** What a `%generate_buildrequires` names in a root with these RPMs. */
type Section = (installed: readonly string[]) => Capability[];

function generating(name: string, buildRequires: Capability[] = []): Spec {
  return { ...madeUpSpec(name, buildRequires), generates: true };
}

function treeOf(specs: readonly Spec[], generated = rememberGenerated()): Tree {
  const parts = { specs, toolchain: madeUpToolchain([base, essentials]), solver: { solve } };
  return makeTree({ ...parts, sources: async () => ({}), defines: {}, generated });
}

/** Builds a tree to its end; `pick` chooses which of the ready packages is next. */
async function run(
  tree: Tree,
  sections: Readonly<Record<string, Section>>,
  pick: (ready: number) => number = () => 0,
  store = memoryStore(),
) {
  const context = {
    ...{ tree, store, log: { warn: () => {} } },
    run: {
      priority: new Map(),
      rebuild: new Set<string>(),
      names: [],
      goals: [],
      seconds: new Map(),
      failures: new Map(),
      prebuilt: [],
    },
  };
  const names = tree.specs.map((one) => one.package);
  const progress = newProgress(tree.declared, { names, failures: new Map() });
  const [built, rounds, keys] = [[] as string[], [] as string[], new Map<string, string>()];
  for (;;) {
    await resolvePackages(context, progress, new Set());
    const ready = [...progress.ready.keys()].sort();
    const name = ready[pick(ready.length)];
    if (name === undefined) break;
    const { build, reason } = progress.ready.get(name) as ReadyBuild;
    const files = build.installed.map(({ file }) => file.replace(/-1\.0-1\..*/, ''));
    if (build.isRound === true) {
      rounds.push(name);
      tree.generated.add({ key: build.key, package: name, requirements: (sections[name] as Section)(files) });
      resolveAgain(progress, name);
      continue;
    }
    progress.ready.delete(name);
    built.push(name);
    keys.set(name, `${build.key} ${files.join(' ')}`);
    const rpm = madeUpRpm(name, { outputDigest: `${name} by ${build.key}` });
    const result = madeUpResult(name, [rpm], build.key);
    await store.put(result, '', false);
    acceptResult(progress, { state: 'built', reason, result });
  }
  return { outcomes: progress.outcomes, built, rounds, keys, graph: progress.graph, context };
}

/** A section of two rounds: the second names a package of the tree, once the first is there. */
const twoRounds: Section = (installed) => (installed.includes('first') ? ['first', 'second'] : ['first']);

const names = () => [generating('app', ['base']), madeUpSpec('first'), madeUpSpec('second', ['first'])];

describe('a %generate_buildrequires', () => {
  it('runs again in a root with what it named, until it names nothing new', async () => {
    const { outcomes, built, rounds, keys } = await run(treeOf(names()), { app: twoRounds });
    expect(built).toEqual(['first', 'second', 'app']);
    expect(rounds).toEqual(['app', 'app', 'app']);
    expect(keys.get('app')).toMatch(/ base essentials first second$/);
    expect([...outcomes.values()].map(({ state }) => state)).toEqual(['built', 'built', 'built']);
  });

  it('does not run again where what it named is installed anyway', async () => {
    const { rounds } = await run(treeOf([generating('app', ['base'])]), { app: () => ['pkgconfig(common)'] });
    expect(rounds).toEqual(['app']);
  });

  it('is not run again by a run that remembers it, whose plan says what is reused', async () => {
    const [memory, store] = [rememberGenerated(), memoryStore()];
    await run(treeOf(names(), memory), { app: twoRounds }, () => 0, store);
    const warm = treeOf(names(), memory);
    const { context, rounds, built } = await run(warm, {}, () => 0, store);
    expect([rounds, built]).toEqual([[], []]);
    const plan = await planBuilds({ ...context, run: { ...context.run, names: ['app', 'first', 'second'] } });
    expect([...plan.values()].map(({ state }) => state)).toEqual(['reuse', 'reuse', 'reuse']);
  });

  it('makes the package maybe in a plan as long as it has not run, and says so', async () => {
    const tree = treeOf(names());
    const { context } = await run(treeOf([madeUpSpec('other')]), {});
    const plan = await planBuilds({ ...context, tree, run: { ...context.run, names: ['app', 'first'] } });
    expect(plan.get('first')).toMatchObject({ state: 'build' });
    expect(plan.get('app')).toMatchObject({ state: 'maybe', waitsFor: [] });
    expect(plan.get('app')?.reason).toContain('%generate_buildrequires');
  });

  it('that names what nothing provides fails its package, with that requirement alone', async () => {
    const { outcomes, graph } = await run(treeOf(names()), { app: () => ['first', 'nowhere >= 2'] });
    expect(outcomes.get('app')).toMatchObject({ state: 'failed', kind: 'requirement' });
    expect(outcomes.get('app')?.reason).toContain(
      "'nowhere >= 2', needed by the %generate_buildrequires of app",
    );
    expect(unmetRequirements(graph, 'app')).toMatchObject([
      { capability: 'nowhere >= 2', by: 'app', isGenerated: true },
    ]);
  });

  it('that needs its own package through another one is a cycle', async () => {
    const specs = [generating('app'), madeUpSpec('user', ['app'])];
    const { outcomes } = await run(treeOf(specs), { app: () => ['user'] });
    expect(outcomes.get('app')).toMatchObject({ state: 'failed', kind: 'cycle' });
  });

  it('that never comes to an end is refused', async () => {
    const many = Array.from({ length: 30 }, (_, at) => madeUpSpec(`n${String(at).padStart(2, '0')}`));
    const endless: Section = (installed) => [`n${String(installed.length - 1).padStart(2, '0')}`];
    const { outcomes } = await run(treeOf([generating('app'), ...many]), { app: endless });
    expect(outcomes.get('app')?.reason).toContain('still names new requirements after 20 runs');
  });

  it('gives the same keys in whatever order packages are built', async () => {
    const specs = () => [
      ...names(),
      generating('other', ['second']),
      generating('last', ['other']),
      madeUpSpec('third', ['app']),
    ];
    const sections: Record<string, Section> = {
      app: twoRounds,
      other: (installed) => (installed.includes('app') ? ['third'] : ['app']),
      last: () => [],
    };
    const expected = await run(treeOf(specs()), sections);
    expect(expected.built).toHaveLength(6);
    const seeds = fc.infiniteStream(fc.nat());
    const check = async (stream: Iterator<number>) => {
      const pick = (ready: number) => (ready === 0 ? 0 : (stream.next().value as number) % ready);
      const { keys, outcomes } = await run(treeOf(specs()), sections, pick);
      expect(Object.fromEntries(keys)).toEqual(Object.fromEntries(expected.keys));
      expect(new Set([...outcomes.values()].map((one: Outcome) => one.state))).toEqual(new Set(['built']));
    };
    await fc.assert(fc.asyncProperty(seeds, check), { numRuns: 50 });
  });
});

describe('the memory of runs', () => {
  it('comes to the same in whatever order lists under one key are heard of', () => {
    const lists = fc.array(fc.tuple(fc.constantFrom('k', 'l'), fc.array(fc.constantFrom('a', 'b', 'c'))));
    fc.assert(
      fc.property(lists, fc.nat(), (all, seed) => {
        const [one, two] = [rememberGenerated(), rememberGenerated()];
        for (const [key, requirements] of all) one.add({ key, package: 'x', requirements });
        const at = all.length === 0 ? 0 : seed % all.length;
        for (const [key, named] of [...all.slice(at), ...all.slice(0, at)].reverse())
          two.add({ key, package: 'x', requirements: named });
        expect([two.get('k'), two.get('l')]).toEqual([one.get('k'), one.get('l')]);
      }),
    );
  });

  it('says when a list replaces another one', () => {
    const run = (key: string, ...requirements: string[]) => ({ key, package: 'x', requirements });
    const memory = rememberGenerated(new Map([['k', run('k', 'b')]]));
    expect(memory.add(run('k', 'b'))).toBe('old');
    expect(memory.add(run('k', 'c'))).toBe('old');
    expect(memory.add(run('k', 'a'))).toBe('other');
    expect(memory.add(run('l'))).toBe('more');
    expect([...memory.found.keys()]).toEqual(['k', 'l']);
  });
});
