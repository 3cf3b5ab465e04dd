import { forecast, shardsThatHelp, type Task } from '../../planner/forecast.ts';

/** Most shards of a run, unless more are asked for: what a free plan runs at once. */
export const defaultShards = 20;

/** Jobs over all matrices of a run: the platform's 256 less what else a run starts. */
export const mostEntries = 240;
/** Entries that take the place of shards that died. */
const spares = 2;
/**
 * What of a budget is counted on: expectations are off, and the last package rarely ends where the budget does. A matrix
 * of too few entries leaves packages, one entry too many costs seconds.
 */
const used = 0.8;

/**
 * Entries of the two matrices of a run within what the platform allows for both: of ordinary packages, and of those that
 * need heavier runners.
 */
export function withinLimit(ordinary: number, heavy: number): { ordinary: number; heavy: number } {
  const ofHeavy = Math.min(heavy, Math.max(mostEntries / 2, mostEntries - ordinary));
  return { ordinary: Math.min(ordinary, mostEntries - ofHeavy), heavy: ofHeavy };
}

/**
 * Entries of a matrix of which `shards` run at once: as many for each stretch of a time budget as the run is expected
 * to last, and spares. One that finds nothing left ends in seconds.
 * @param length expected seconds of the run
 * @param timeBudget seconds of a shard
 */
export function matrixEntries(shards: number, length: number, timeBudget: number): number {
  if (shards === 0) return 0;
  const stretches = Math.max(1, Math.ceil(length / (timeBudget * used)));
  return Math.min(mostEntries, shards * stretches + spares);
}

/** What a matrix may be: how many of it run at once, and for how many seconds each. */
export interface MatrixBounds {
  most: number;
  timeBudget: number;
}

/**
 * How many shards help to do all tasks, in two matrices, and how many entries each is given; `length`: the seconds that
 * they will probably take.
 */
export function sizeMatrices(
  tasks: readonly Task[],
  isHeavy: (name: string) => boolean,
  ordinary: MatrixBounds,
  heavy: MatrixBounds,
): { shards: number; entries: number; heavyShards: number; heavyEntries: number; length: number } {
  const shards = shardsFor(tasks, (name) => !isHeavy(name), ordinary.most);
  const heavyShards = shardsFor(tasks, isHeavy, heavy.most);
  const length = forecast(tasks, Math.max(1, shards + heavyShards));
  const sizes = withinLimit(
    matrixEntries(shards, length, ordinary.timeBudget),
    matrixEntries(heavyShards, length, heavy.timeBudget),
  );
  return { shards, entries: sizes.ordinary, heavyShards, heavyEntries: sizes.heavy, length };
}

/** How many shards help with those tasks that `isOwn` names: the others take their time elsewhere. */
function shardsFor(tasks: readonly Task[], isOwn: (name: string) => boolean, most: number): number {
  if (!tasks.some(({ name }) => isOwn(name))) return 0;
  const own = tasks.map((task) => (isOwn(task.name) ? task : { ...task, seconds: 0 }));
  return Math.max(1, shardsThatHelp(own, most));
}

/**
 * Minutes after which the platform may end the job of a shard: its last build, which may take longer than expected, and
 * publishing have ended by then. 360, what a hosted job is given, for the default budget.
 * @param timeBudget seconds of a shard
 */
export function jobMinutes(timeBudget: number): number {
  const minutes = timeBudget / 60;
  return Math.ceil(Math.max(minutes + 10, (minutes * 12) / 11));
}

/** Seconds that a matrix can last: entries of which `shards` run at once, each for its whole budget. */
export function matrixSeconds(shards: number, entries: number, timeBudget: number): number {
  return shards === 0 ? 0 : Math.ceil(entries / shards) * timeBudget;
}

/** Most days that the platform keeps an artifact. */
const mostDays = 90;

/**
 * Days that what the jobs of a run exchange has to be kept: from its first hour to its end, and about a day for another
 * attempt.
 * @param length seconds that the run may take
 */
export function daysToKeep(length: number): number {
  return Math.min(mostDays, 1 + Math.ceil(length / 86_400));
}

/** A hosted job's minutes. */
const hosted = 360;

/**
 * Minutes after which the platform may end the job that merges. It publishes all, however short a shard's budget is, and
 * in a later attempt builds for as long as a shard before that.
 * @param timeBudget seconds of a shard
 */
export function mergeMinutes(timeBudget: number): number {
  return Math.max(hosted, jobMinutes(timeBudget));
}
