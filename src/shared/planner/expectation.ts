/**
 * Expected seconds of a package that was never built. Azure Linux's take seven minutes on average. The estimate is high on
 * purpose: a matrix with too many entries costs seconds for each idle one, a matrix with too few does not finish the run.
 */
export const estimatedSeconds = 600;

/** Weight of the estimate, in packages with known times. */
const estimateWeight = 20;

/** Largest part of a time budget that an estimate may take, so that a shard still starts packages it knows nothing of. */
const largestPartOfBudget = 1 / 4;

/**
 * Returns the expected time of each package, in seconds, for shards and for their number. Pure.
 * @param seconds times of earlier builds
 * @param timeBudget of a shard, in seconds
 */
export function expectedTimes(
  seconds: ReadonlyMap<string, number>,
  timeBudget: number,
): (name: string) => number {
  const sum = [...seconds.values()].reduce((all, one) => all + one, 0);
  const mean = (estimatedSeconds * estimateWeight + sum) / (estimateWeight + seconds.size);
  const guess = Math.min(mean, timeBudget * largestPartOfBudget);
  return (name) => seconds.get(name) ?? guess;
}
