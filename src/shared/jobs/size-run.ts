import { declaredNeeds } from '../graph/declared-needs.ts';
import type { PlanInputs } from '../model/inputs.ts';
import type { PackagePlan } from '../model/outcome.ts';
import type { Run } from '../model/run.ts';
import { expectedTasks, expectedTimes } from '../planner/expectation.ts';
import { namedPackages, prebuiltPackage } from '../planner/goals.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { heavyTimeBudgetOf, timeBudgetOf } from '../shards/scheduler/settings.ts';
import { daysToKeep, defaultShards, matrixSeconds, sizeMatrices } from '../shards/scheduler/size.ts';
import type { ShardOptions } from '../shards/worker/running-shard.ts';
import type { Tree } from '../solver/solve-root.ts';

/** The number of jobs that a plan asks for. */
export type RunSize = Pick<
  PlanJson,
  'shards' | 'entries' | 'heavy' | 'heavyShards' | 'heavyEntries' | 'retentionDays'
>;

/**
 * Chooses the number of jobs for what a plan will probably build, for both kinds of runners. Pure.
 * @returns also `length`, the expected seconds of the run
 */
export function sizeRun(
  plan: ReadonlyMap<string, PackagePlan>,
  {
    tree,
    run: { seconds, names },
  }: { tree: Pick<Tree, 'declared' | 'prebuilt' | 'specs'>; run: Pick<Run, 'seconds' | 'names'> },
  inputs: PlanInputs,
): RunSize & { length: number } {
  const wanted = inputs.heavyPackages.filter((name) => prebuiltPackage(tree, name) === undefined);
  const named = namedPackages(tree.declared, wanted, 'heavy-packages', [], tree.specs);
  const own = new Set(names);
  const heavy = named.filter((name) => own.has(name));
  const heavyNames = new Set(heavy);
  const isHeavy = (name: string) => heavyNames.has(name);
  const ordinary = { most: inputs.maxShards ?? defaultShards, timeBudget: timeBudgetOf(inputs) };
  const heavier = { most: inputs.heavyMaxShards ?? ordinary.most, timeBudget: heavyTimeBudgetOf(inputs) };
  const expected = expectedTimes(seconds, ordinary.timeBudget);
  const ofHeavy = expectedTimes(seconds, heavier.timeBudget);
  const tasks = expectedTasks(
    plan,
    (name) => seconds.has(name),
    (name) => (isHeavy(name) ? ofHeavy : expected)(name),
    (name) => declaredNeeds(tree.declared, name),
  );
  const size = sizeMatrices(tasks, isHeavy, ordinary, heavier);
  // Expected times may be far off: artifacts are kept for as long as the matrices may start shards.
  const longest = Math.max(
    size.length,
    matrixSeconds(size.shards, size.entries, ordinary.timeBudget),
    matrixSeconds(size.heavyShards, size.heavyEntries, heavier.timeBudget),
  );
  return { heavy, ...size, retentionDays: daysToKeep(longest) };
}

/** Returns the numbers of the shards of either matrix. */
export function shardNumbers(size: RunSize): { ordinary: number[]; heavy: number[] } {
  const from = (first: number, length: number) => Array.from({ length }, (_, at) => first + at);
  return { ordinary: from(1, size.entries), heavy: from(size.entries + 1, size.heavyEntries) };
}

/** Returns what a shard of this number has to know of its matrix: the packages that it takes, and the other shards. */
export function matrixOf(
  plan: RunSize,
  shard: number,
): Pick<ShardOptions, 'most' | 'peers' | 'others' | 'takes'> {
  const ordinary = { first: 1, last: plan.entries };
  const heavy = { first: plan.entries + 1, last: plan.entries + plan.heavyEntries };
  const isHeavy = shard > plan.entries;
  const most = isHeavy ? plan.heavyShards : plan.shards;
  const [peers, others] = isHeavy ? [heavy, ordinary] : [ordinary, heavy];
  // The other matrix has no shard: if the store lost a package of it, this one has to build it.
  if (others.last < others.first) return { most, peers, others: undefined, takes: () => true };
  const names = new Set(plan.heavy);
  return { most, peers, others, takes: (name) => names.has(name) === isHeavy };
}
