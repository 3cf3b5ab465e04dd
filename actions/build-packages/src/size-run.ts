import { statedNeeds } from '../../../src/shared/graph/stated.ts';
import { namedPackages } from '../../../src/shared/plan/goals.ts';
import type { Planned } from '../../../src/shared/plan/state.ts';
import type { PlanJson } from '../../../src/shared/report/build-json.ts';
import { forecast, shardsThatHelp, type Task } from '../../../src/shared/schedule/forecast.ts';
import { defaultShards, type Matrix, matrixEntries, withinLimit } from '../../../src/shared/schedule/size.ts';
import { heavyTimeBudgetOf, type PlanInputs, timeBudgetOf } from './inputs.ts';
import { likelyTasks } from './likely-tasks.ts';
import type { Workshop } from './workshop.ts';

/** How many jobs a plan asks for. */
export type RunSize = Pick<PlanJson, 'shards' | 'entries' | 'heavy' | 'heavyShards' | 'heavyEntries'>;

/**
 * How many jobs help to build what a plan will probably build: of either kind of runner. `length`: the seconds that they
 * will probably take.
 */
export function sizeRun(
  plan: ReadonlyMap<string, Planned>,
  { tree, seconds, names }: Pick<Workshop, 'tree' | 'seconds' | 'names'>,
  inputs: PlanInputs,
): RunSize & { length: number } {
  const named = namedPackages(tree.graph, inputs.heavyPackages, 'heavy-packages', [], tree.specs);
  const heavy = named.filter((name) => names.includes(name));
  const tasks = likelyTasks(plan, seconds, (name) => [...statedNeeds(tree.graph, name).keys()]);
  const ordinary = { most: inputs.maxShards ?? defaultShards, timeBudget: timeBudgetOf(inputs) };
  const strong = {
    most: inputs.heavyMaxShards ?? ordinary.most,
    timeBudget: heavyTimeBudgetOf(inputs),
  };
  const sizes = withinLimit(
    matrixOf(tasks, (name) => !heavy.includes(name), ordinary),
    matrixOf(tasks, (name) => heavy.includes(name), strong),
  );
  const { ordinary: plain, heavy: strongOnes } = sizes;
  const length = forecast(tasks, Math.max(1, plain.shards + strongOnes.shards));
  return { ...plain, heavy, heavyShards: strongOnes.shards, heavyEntries: strongOnes.entries, length };
}

/** The matrix for those tasks that `isOwn` names: the others take their time elsewhere. */
function matrixOf(
  tasks: readonly Task[],
  isOwn: (name: string) => boolean,
  { most, timeBudget }: { most: number; timeBudget: number },
): Matrix {
  if (!tasks.some(({ name }) => isOwn(name))) return { shards: 0, entries: 0 };
  const own = tasks.map((task) => (isOwn(task.name) ? task : { ...task, seconds: 0 }));
  const shards = Math.max(1, shardsThatHelp(own, most));
  return { shards, entries: matrixEntries(shards, forecast(tasks, shards), timeBudget) };
}

/** The numbers of the shards of either matrix. */
export function shardNumbers(size: RunSize): { ordinary: number[]; heavy: number[] } {
  const from = (first: number, length: number) => Array.from({ length }, (_, at) => first + at);
  return { ordinary: from(1, size.entries), heavy: from(size.entries + 1, size.heavyEntries) };
}

/** Whether a shard of this number takes the heavy packages. */
export function isHeavyShard(plan: Pick<PlanJson, 'entries'>, shard: number): boolean {
  return shard > plan.entries;
}
