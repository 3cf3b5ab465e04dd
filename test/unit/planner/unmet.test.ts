import { describe, expect, it } from 'vitest';
import { plainPolicy } from '../../../src/shared/graph/graph.ts';
import { planBuilds } from '../../../src/shared/planner/engine.ts';
import { unmetProblems } from '../../../src/shared/planner/tree-problems.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

/** Each package may provide what the names of others are like, until its build shows that it does not. */
const specs = [
  madeUpSpec('app', ['pkgconfig(zlib2)', 'pkgconfig(png2)', 'pkgconfig(nothing)', 'late']),
  madeUpSpec('user', ['app']),
  madeUpSpec('wrong', ['pkgconfig(png3)']),
  madeUpSpec('zlib'),
  madeUpSpec('png'),
  madeUpSpec('late'),
];

/** A tree of which some packages are built, and its plan. */
async function planWith(built: readonly string[]) {
  const parts = {
    ...{ specs, toolchain: madeUpToolchain([base, essentials]), solver: { solve } },
    ...{ sources: async () => ({}), defines: {} },
  };
  const store = memoryStore();
  const tree = makeTree(parts, plainPolicy);
  const names = specs.map((one) => one.package);
  const maps = { priority: new Map(), seconds: new Map(), failures: new Map() };
  const run = { names, goals: names, prebuilt: [], rebuild: new Set<string>(), ...maps };
  const context = { tree, store, run, log: { warn: () => {} } };
  const first = await planBuilds(context);
  for (const name of built) {
    const one = first.get(name);
    if (one?.state !== 'build') throw new Error(`${name} cannot be built`);
    await store.put(madeUpResult(name, [madeUpRpm(name)], one.build.key), '', false);
  }
  return { tree, plan: await planBuilds(context) };
}

const unmetOf = (plan: Awaited<ReturnType<typeof planWith>>['plan'], name: string) => {
  const one = plan.get(name);
  return one?.state === 'failed' ? one.unmet?.map(({ capability }) => capability) : one?.state;
};

describe('what nothing can provide any more', () => {
  it('is open as long as a build may reveal it', async () => {
    const { plan } = await planWith([]);
    expect(['wrong', 'user'].map((name) => unmetOf(plan, name))).toEqual(['maybe', 'maybe']);
    expect(unmetOf(plan, 'app')).toEqual(['pkgconfig(nothing)']);
  });

  it('is said by the plan with all of its kind, also of a package that still waits for others', async () => {
    const { plan, tree } = await planWith(['zlib', 'png']);
    expect(unmetOf(plan, 'app')).toEqual(['pkgconfig(zlib2)', 'pkgconfig(png2)', 'pkgconfig(nothing)']);
    expect(unmetOf(plan, 'wrong')).toEqual(['pkgconfig(png3)']);
    expect(unmetOf(plan, 'user')).toBe('maybe');
    expect(plan.get('app')).toMatchObject({ kind: 'requirement' });
    expect(plan.get('app')?.reason).toContain("nothing provides 'pkgconfig(png2)', needed by app");
    const unmet = [...plan.values()].flatMap((one) => (one.state === 'failed' ? (one.unmet ?? []) : []));
    const place = (name: string, tag: string, capability: string) => ({
      file: `${name}.spec (${tag})`,
      line: capability.length,
    });
    const problems = unmetProblems(tree.declared, [...unmet, ...unmet], place, specs);
    expect(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
      "app.spec (BuildRequires):15: BuildRequires 'pkgconfig(png2)' is provided by nothing",
      "app.spec (BuildRequires):16: BuildRequires 'pkgconfig(zlib2)' is provided by nothing",
      "app.spec (BuildRequires):18: BuildRequires 'pkgconfig(nothing)' is provided by nothing",
      "wrong.spec (BuildRequires):15: BuildRequires 'pkgconfig(png3)' is provided by nothing",
    ]);
  });
});
