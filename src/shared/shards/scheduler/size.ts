import { forecast, shardsThatHelp, type Task } from '../../planner/forecast.ts';

/** Default maximum number of shards: the jobs that a free plan runs at once. */
export const defaultShards = 20;

/** Maximum number of jobs over all matrices of a run: the platform's 256 less the other jobs of a run. */
export const mostEntries = 240;

/** Number of entries that replace shards which died. */
const replacements = 2;

/**
 * The part of a time budget that is expected to be used. Expectations are imprecise, and the last package rarely ends with
 * the budget. A matrix of too few entries leaves packages; one entry too many costs seconds.
 */
const used = 0.8;

/**
 * Returns the entries of the two matrices of a run, for ordinary packages and for those that need heavier runners, within
 * the platform's limit for both.
 */
export function withinLimit(ordinary: number, heavy: number): { ordinary: number; heavy: number } {
  const ofHeavy = Math.min(heavy, Math.max(mostEntries / 2, mostEntries - ordinary));
  return { ordinary: Math.min(ordinary, mostEntries - ofHeavy), heavy: ofHeavy };
}

/**
 * Returns the number of entries of a matrix of which `shards` run at once: enough for as many time budgets as the run is
 * expected to last, and replacements. An entry that finds nothing left ends in seconds.
 * @param length expected seconds of the run
 * @param timeBudget seconds of a shard
 */
export function matrixEntries(shards: number, length: number, timeBudget: number): number {
  if (shards === 0) return 0;
  const stretches = Math.max(1, Math.ceil(length / (timeBudget * used)));
  return Math.min(mostEntries, shards * stretches + replacements);
}

/** The limits of a matrix: entries that run at once, and seconds of each. */
type MatrixBounds = { most: number; timeBudget: number };

/**
 * Returns how many shards help to do all tasks, in two matrices, the entries of each, and the seconds that they will
 * probably take (`length`).
 */
export function sizeMatrices(
  tasks: readonly Task[],
  isHeavy: (name: string) => boolean,
  ordinary: MatrixBounds,
  heavy: MatrixBounds,
) {
  const shards = shardsFor(tasks, (name) => !isHeavy(name), ordinary.most);
  const heavyShards = shardsFor(tasks, isHeavy, heavy.most);
  const length = forecast(tasks, Math.max(1, shards + heavyShards));
  const sizes = withinLimit(
    matrixEntries(shards, length, ordinary.timeBudget),
    matrixEntries(heavyShards, length, heavy.timeBudget),
  );
  return { shards, entries: sizes.ordinary, heavyShards, heavyEntries: sizes.heavy, length };
}

/** Returns how many shards help with the tasks that `isOwn` names; shards of the other matrix do the others. */
function shardsFor(tasks: readonly Task[], isOwn: (name: string) => boolean, most: number): number {
  if (!tasks.some(({ name }) => isOwn(name))) return 0;
  const own = tasks.map((task) => (isOwn(task.name) ? task : { ...task, seconds: 0 }));
  return Math.max(1, shardsThatHelp(own, most));
}

/**
 * Returns the minutes after which the platform may end the job of a shard. Its last build, which may take longer than
 * expected, and publishing have ended by then. For the default budget: 360, the maximum of a hosted job.
 * @param timeBudget seconds of a shard
 */
export function jobMinutes(timeBudget: number): number {
  const minutes = timeBudget / 60;
  return Math.ceil(Math.max(minutes + 10, (minutes * 12) / 11));
}

/**
 * Returns the minutes after which the platform may end the job that merges: at least the 360 of a hosted job. It publishes
 * everything, however short the budget of a shard is, and in a later attempt first builds for as long as a shard.
 */
export function mergeMinutes(timeBudget: number): number {
  return Math.max(360, jobMinutes(timeBudget));
}

/** Returns the maximum seconds of a matrix whose entries, of which `shards` run at once, each use their whole budget. */
export function matrixSeconds(shards: number, entries: number, timeBudget: number): number {
  return shards === 0 ? 0 : Math.ceil(entries / shards) * timeBudget;
}

/**
 * Returns the days that the artifacts which the jobs of a run exchange have to be kept: from its first hour to its end,
 * and about a day for another attempt. The platform keeps an artifact for at most 90 days.
 * @param length seconds that the run may take
 */
export function daysToKeep(length: number): number {
  return Math.min(90, 1 + Math.ceil(length / 86_400));
}
