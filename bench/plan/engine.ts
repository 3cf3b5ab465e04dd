import { setImmediate as turn } from 'node:timers/promises';
import { buildRootEssentials } from '../../src/shared/cache-key/recipe.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import type { Result } from '../../src/shared/model/build-result.ts';
import type { ReadyBuild } from '../../src/shared/model/outcome.ts';
import type { Rpm } from '../../src/shared/model/rpm.ts';
import type { Run } from '../../src/shared/model/run.ts';
import type { Spec } from '../../src/shared/model/spec.ts';
import type { Toolchain } from '../../src/shared/model/toolchain.ts';
import { type EngineContext, planBuilds, resolvePackages } from '../../src/shared/planner/engine.ts';
import { withNeeds } from '../../src/shared/planner/goals.ts';
import { byPriority, priorities } from '../../src/shared/planner/priority.ts';
import { acceptResult, newProgress } from '../../src/shared/planner/progress.ts';
import { treeProblems } from '../../src/shared/planner/tree-problems.ts';
import { rememberingSolver } from '../../src/shared/solver/remembering-solver.ts';
import { makeTree, type Tree } from '../../src/shared/solver/solve-root.ts';
import type { Solver, SolverAnswer } from '../../src/shared/solver/solver.ts';
import type { FactRpm, FactSpec, Facts } from './facts.ts';

/**
 * The product's engine as the benchmark drives it. Everything that depends on the engine's interface is in this file, so
 * that the benchmark can also be put beside another commit.
 */

export const essentials: readonly string[] = buildRootEssentials;

/** Paths of an RPM: the mean of the RPMs of `make bench-index`. */
const pathsPerRpm = 187;

/** Returns an RPM as its build makes it. Paths and digests are made up. */
export function rpmOf(one: FactRpm, sourceRpm: string): Rpm {
  const { file, name, version, release, arch } = one;
  const paths = Array.from(
    { length: pathsPerRpm },
    (_, at) => `/usr/share/${name}/part-${at % 7}/file-${at}`,
  );
  return {
    ...{ file, name, epoch: 0, version, release, arch, sourceRpm, size: 1_234_567 },
    ...{ shipDigest: textDigest(`ship ${file}`), outputDigest: textDigest(file) },
    provides: [...new Set([...one.provides, ...one.revealedProvides])],
    requires: [...new Set([...one.requires, ...one.revealedRequires])],
    ...{ conflicts: [], obsoletes: [], files: paths.sort(), folders: [`/usr/share/${name}`] },
  };
}

function specOf(one: FactSpec): Spec {
  const [main] = one.rpms;
  const { name = one.package, version = '1', release = '1' } = main ?? {};
  const relations = { conflicts: [], obsoletes: [], files: [], built: true };
  const files = (names: readonly string[], kind: 'source' | 'patch') =>
    names.map((file, number) => ({ name: file, kind, number }));
  const spec = {
    ...{
      package: one.package,
      specsDir: 'SPECS',
      path: one.path,
      name,
      epoch: 0,
      version,
      release,
      sourceRpm: one.sourceRpm,
    },
    ...{ buildRequires: one.buildRequires, checkRequires: [], buildConflicts: [] },
    sources: [...files(one.sources, 'source'), ...files(one.patches, 'patch')],
    packages: one.rpms.map(({ revealedProvides: _, revealedRequires: __, ...rpm }) => {
      return { ...rpm, epoch: 0, ...relations };
    }),
    ...{ hasCheck: false, digest: textDigest(one.path), includes: [] },
  };
  return spec;
}

function toolchainOf(rpms: readonly FactRpm[]): Toolchain {
  const all = rpms.map((rpm) => rpmOf(rpm, 'toolchain.src.rpm'));
  const rest = all.at(-1) as Rpm;
  rest.files = rest.provides.filter((one) => one.startsWith('/'));
  rest.provides = rest.provides.filter((one) => !one.startsWith('/'));
  const worker = all.filter(({ name }) => !/-(debug\w+|devel|static)$/.test(name)).slice(0, workerSize);
  return {
    ...{ schema: 'azl/toolchain', version: 1, mode: 'download', arch: 'x86_64', rpms: all },
    worker: [...new Set([...worker, rest])].map(({ file }) => file),
    workerDigest: textDigest('worker'),
  };
}

/** Toolchain RPMs in every build root: assumed, about as many as a worker holds. */
const workerSize = 150;

/** Everything of a tree but its graph. Its solver remembers `answers` and asks `solver`. */
export function partsOf(
  facts: Facts,
  answers: Map<string, SolverAnswer>,
  solver: Solver,
): Parameters<typeof makeTree>[0] {
  const specs = facts.specs.map(specOf);
  const toolchain = toolchainOf(facts.toolchain);
  const sources = new Map(
    specs.map((spec) => [
      spec.package,
      Object.fromEntries(spec.sources.map(({ name }) => [name, textDigest(name)])),
    ]),
  );
  return {
    ...{ specs, toolchain, defines: { dist: '.azl3' } },
    solver: rememberingSolver(toolchain, async () => solver, answers),
    sources: async (name) => sources.get(name) ?? {},
  };
}

/** Makes the graph of a tree. */
export function treeOf(parts: Parameters<typeof makeTree>[0]): Tree {
  return makeTree(parts);
}

/** The packages of a tree, and their priorities. */
export interface Prepared {
  names: readonly string[];
  priority: ReadonlyMap<string, number>;
}

/** What a plan needs of a tree: its packages, checked, and their priorities. Each checks that the tree has no problem. */
export async function prepare(tree: Tree): Promise<Prepared> {
  const names = await withNeeds(
    tree.declared,
    tree.specs.map((spec) => spec.package),
  );
  const problems = treeProblems(tree.declared, names, (file) => ({ file }), tree.specs);
  if (problems.length > 0)
    throw new Error(`the tree has ${problems.length} problems, first ${problems[0]?.message}`);
  return { names, priority: priorities(tree.declared, names, () => 60) };
}

/** Opens a run whose store has these results. */
export function openRun(tree: Tree, prepared: Prepared, results: readonly Result[]) {
  const byKey = new Map(results.map((result) => [result.key, result]));
  const byName = new Map(results.map((result) => [result.package, result]));
  const { names, priority } = prepared;
  return {
    tree,
    store: {
      get: async (key: string) => byKey.get(key),
      search: async (key: string) => byKey.get(key),
      latest: async (name: string) => byName.get(name),
      drop: async () => {},
      check: async () => {},
    },
    run: {
      goals: names,
      names,
      failures: new Map(),
      prebuilt: [],
      rebuild: new Set<string>(),
      seconds: new Map<string, number>(),
      priority,
    },
    log: { warn: (text: unknown) => console.error(text) },
  } satisfies EngineContext & { run: Run };
}

/** Plans a run. @returns the number of packages by state */
export async function plan(run: ReturnType<typeof openRun>): Promise<Record<string, number>> {
  return counted((await planBuilds(run)).values());
}

/**
 * Builds a whole tree, so many packages at once, the one that began first ending first.
 * @param make the result of a build
 * @param step called around everything that the engine does after the end of a build
 */
export async function runAll(
  tree: Tree,
  prepared: Prepared,
  make: (name: string, ready: ReadyBuild) => Result,
  step: (work: () => Promise<void>) => Promise<void>,
  atOnce: number,
): Promise<Record<string, number>> {
  const context = openRun(tree, prepared, []);
  const progress = newProgress(tree.declared, { names: prepared.names, failures: new Map() });
  const busy = new Set<string>();
  const resolve = () => resolvePackages(context, progress, busy);
  await step(resolve);
  for (;;) {
    for (const name of byPriority([...progress.ready.keys()], prepared.priority)) {
      if (busy.size < atOnce) busy.add(name);
    }
    const [name] = busy;
    const ready = progress.ready.get(name ?? '');
    if (name === undefined || ready === undefined) break;
    const result = make(name, ready);
    await step(async () => {
      busy.delete(name);
      progress.ready.delete(name);
      acceptResult(progress, { state: 'built', reason: ready.reason, result });
      await resolve();
    });
    await turn();
  }
  const outcomes = prepared.names.map((name) => progress.outcomes.get(name) ?? { state: 'left' });
  return counted(outcomes);
}

/** Returns the result of a build. */
export function resultOf(one: FactSpec, { build }: ReadyBuild): Result {
  return {
    ...{
      schema: 'azl/result',
      version: 1,
      package: one.package,
      key: build.key,
      components: build.components,
    },
    srpm: { file: one.sourceRpm, size: 1_234_567, shipDigest: textDigest(one.sourceRpm) },
    rpms: one.rpms.map((rpm) => rpmOf(rpm, one.sourceRpm)),
    ...{ seconds: 60, parts: { srpm: 1, builddep: 2, build: 57 } },
  };
}

function counted(states: Iterable<{ state: string }>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
