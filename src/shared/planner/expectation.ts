/**
 * Seconds expected of a package that was never built. Azure Linux's take seven minutes in the mean. It is generous: a
 * matrix of too many entries costs seconds for each that finds nothing left, one of too few does not finish the run.
 */
export const unknownSeconds = 600;

/** As many packages of which more is known weigh as much as that: their mean replaces it bit by bit. */
const weight = 20;

/** A guess is at most this part of a time budget. It fails no package, and most of a shard's time is open to it. */
const mostOfBudget = 1 / 4;

/**
 * What is expected of each package, for shards and for how many there are.
 * @param seconds that packages took before
 * @param timeBudget seconds of a shard that takes it
 */
export function expectation(
  seconds: ReadonlyMap<string, number>,
  timeBudget: number,
): (name: string) => number {
  const sum = [...seconds.values()].reduce((all, one) => all + one, 0);
  const mean = (unknownSeconds * weight + sum) / (weight + seconds.size);
  const guess = Math.min(mean, timeBudget * mostOfBudget);
  return (name) => seconds.get(name) ?? guess;
}
