import type { ProviderPolicy } from '../../../src/shared/graph/graph.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { Outcome, PackagePlan, ReadyBuild } from '../../../src/shared/model/outcome.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { planBuilds } from '../../../src/shared/planner/engine.ts';
import type { PackageReport } from '../../../src/shared/shards/protocol/heartbeat.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import type { RunState } from '../../../src/shared/shards/worker/run-state.ts';
import { makeTree, type Tree } from '../../../src/shared/solver/solve-root.ts';
import type { Solver } from '../../../src/shared/solver/solver.ts';
import type { Store } from '../../../src/shared/store/store.ts';
import { madeUpResult, madeUpToolchain } from '../made-up.ts';
import { memoryStore } from '../made-up-engine.ts';
import { jobOf } from './jobs.ts';
import { type RandomPackage, rpmsOf, specOf, toolchainRpms } from './trees.ts';

/** A run of a tree by several jobs. */
export interface RunOptions {
  shards: number;
  /** Of all choices: who does what next, which messages arrive when. */
  seed: number;
  /** What may go wrong with a build besides what fails always; see {@link simulateRun}. */
  trouble: 'none' | 'failures' | 'differing builds';
  store?: Store;
}

/** A random tree, ready to be built. */
export interface MadeTree {
  packages: readonly RandomPackage[];
  tree: Tree;
}

/** The toolchain of all random trees: one value, so that a solver can be started for it once. */
export const toolchain = {
  ...madeUpToolchain(toolchainRpms),
  worker: toolchainRpms.slice(0, 1).map(({ file }) => file),
};

export function treeOf(
  packages: readonly RandomPackage[],
  solver: Pick<Solver, 'solve'>,
  policy: ProviderPolicy,
): MadeTree {
  const parts = { specs: packages.map(specOf), toolchain, solver, sources: async () => ({}), defines: {} };
  return { packages, tree: makeTree(parts, policy) };
}

/** What one build makes, by the results that it starts with. `mark`: distinguishes builds that are not reproducible. */
function build(
  { packages }: MadeTree,
  name: string,
  { build: planned, reason }: ReadyBuild,
  results: ReadonlyMap<string, Result>,
  mark: string,
): Exclude<Outcome, { state: 'blocked' | 'left' }> {
  const one = packages.find((other) => other.name === name) as RandomPackage;
  const { key } = planned;
  if (one.fails) return { state: 'failed', reason: `${name} never builds`, key };
  const local = planned.packages.flatMap((need) => results.get(need)?.rpms ?? []);
  const installed = planned.installed.map(({ origin, file }) => {
    return (origin === 'local' ? local : toolchainRpms).find((rpm) => rpm.file === file) as Rpm;
  });
  const rpms = rpmsOf(one, installed, `${key}${mark}`);
  const srpm = { file: `${name}-${one.version}-1.src.rpm`, size: 1, shipDigest: `source${mark}` };
  return { state: 'built', reason, result: { ...madeUpResult(name, rpms, key), srpm } };
}

/** A job of a simulated run. */
interface Job {
  id: number;
  state: RunState;
  building: Map<string, Outcome & { state: 'built' | 'reused' | 'failed' }>;
  /** Ended here, and not published. */
  pending: PackageReport[];
}

/** Numbers below a bound, the same for the same seed. */
export type Dice = (below: number) => number;

export function diceOf(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/**
 * Runs a tree by several jobs that choose at random what to build next, and that read what others published late, in any
 * order, repeatedly or never. No claims: two of them may build one key. `failures`: a build may fail on one job that ends
 * well on another. `differing builds`: builds of one key may make different RPMs.
 * @returns all that the jobs published
 */
export async function simulateRun(made: MadeTree, options: RunOptions): Promise<PackageReport[]> {
  const { shards, seed, trouble, store = memoryStore() } = options;
  const dice = diceOf(seed);
  const published: PackageReport[] = [];
  const jobs = Array.from({ length: shards }, (_, at): Job => {
    return { id: at + 1, state: jobOf(made.tree, store), building: new Map(), pending: [] };
  });
  for (let left = 8 * shards * made.packages.length; left > 0; left--) {
    const job = jobs[dice(shards)] as Job;
    const step = dice(5);
    if (step <= 1) await startOne(made, job, dice, trouble);
    else if (step <= 3) endOne(job, dice);
    else if (dice(2) === 0) publishAll(job, published);
    else readSome(job, published, dice);
    await job.state.resolve(job.building);
  }
  for (const job of jobs) publishAll(job, published);
  return published;
}

async function startOne(made: MadeTree, job: Job, dice: Dice, trouble: RunOptions['trouble']): Promise<void> {
  const { state, building } = job;
  await state.resolve(building);
  const free = state.candidates().filter((one) => !building.has(one.package));
  const name = free[dice(Math.max(1, free.length))]?.package;
  const ready = name === undefined ? undefined : state.progress.ready.get(name);
  if (name === undefined || ready === undefined) return;
  const isSound = made.packages.some((one) => one.name === name && !one.fails);
  const hasTrouble = trouble !== 'none' && isSound && dice(3) === 0;
  const mark = trouble === 'differing builds' && hasTrouble ? ` on ${job.id}` : '';
  const { key } = ready.build;
  const outcome =
    trouble === 'failures' && hasTrouble
      ? { state: 'failed' as const, reason: `the runner of shard ${job.id} has no disk`, key }
      : build(made, name, ready, state.progress.graph.results, mark);
  building.set(name, outcome);
}

function endOne({ id, state, building, pending }: Job, dice: Dice): void {
  const [name, outcome] = [...building][dice(Math.max(1, building.size))] ?? [];
  if (name === undefined || outcome === undefined) return;
  building.delete(name);
  const { reason } = outcome;
  const report = { package: name, reason, seconds: 1, shard: id, lines: [] };
  if (outcome.state === 'failed') {
    const failed: PackageReport = { ...report, key: outcome.key as string, state: 'failed' };
    state.noteFailure(failed, outcome);
    pending.push(failed);
  } else if ('result' in outcome) {
    const { result } = outcome;
    const built: PackageReport = { ...report, key: result.key, state: 'built', result, artifact: null };
    state.noteResult(built, outcome);
    pending.push(built);
  }
  state.buildEnded();
}

function publishAll({ id, state, pending }: Job, published: PackageReport[]): void {
  for (const report of pending.splice(0)) {
    const counter = published.length + 1;
    const more = report.state === 'built' ? { artifact: `azl-result-1-${id}-${counter}`, id: counter } : {};
    published.push({ ...report, ...more });
    state.noteReport(published.at(-1) as PackageReport);
  }
}

function readSome({ id, state }: Job, published: readonly PackageReport[], dice: Dice): void {
  for (let count = dice(4); count > 0 && published.length > 0; count--) {
    const report = published[dice(published.length)] as PackageReport;
    if (report.shard !== id) state.noteOthersReport(report);
  }
}

/** Reads reports in an order at random, some of them twice, and brings the state up to date now and then. */
export async function readAll(
  state: RunState,
  reports: readonly PackageReport[],
  seed: number,
): Promise<void> {
  const dice = diceOf(seed);
  const unread = [...reports, ...reports.filter(() => dice(4) === 0)];
  if (dice(2) === 0) await state.resolve();
  while (unread.length > 0) {
    const [report] = unread.splice(dice(unread.length), 1);
    state.noteOthersReport(report as PackageReport);
    if (dice(3) === 0) await state.resolve();
  }
  await state.resolve();
}

/** Builds in one job what is left: the first package by name, or at random. Its results go to `store`. */
export async function buildRest(made: MadeTree, state: RunState, store: Store, seed?: number): Promise<void> {
  const dice = seed === undefined ? () => 0 : diceOf(seed);
  const job: Job = { id: 99, state, building: new Map(), pending: [] };
  for (;;) {
    await state.resolve();
    const names = [...state.progress.ready.keys()].sort();
    const name = names[dice(Math.max(1, names.length))];
    if (name === undefined) return;
    const ready = state.progress.ready.get(name) as ReadyBuild;
    const outcome = build(made, name, ready, state.progress.graph.results, '');
    if ('result' in outcome) await store.put(outcome.result, '', false);
    job.building.set(name, outcome);
    endOne(job, dice);
  }
}

/** How each package ended, as far as it must not depend on any order: its key, or why it has none. */
export function endsOf(state: RunState): Record<string, string> {
  const ends = [...outcomesOf(state)].map(([name, one]): [string, string] => {
    if ('result' in one)
      return [
        name,
        `key ${one.result.key.slice(0, 12)}, ${one.result.rpms.map((rpm) => rpm.outputDigest.slice(-12))}`,
      ];
    return [name, `${one.state}: ${one.reason}`];
  });
  return Object.fromEntries(ends.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a plan with all results in the store says. */
export async function planOf(made: MadeTree, store: Store): Promise<Map<string, PackagePlan>> {
  return await planBuilds(jobOf(made.tree, store).context);
}
