/** Most shards of a run, unless more are asked for: what a free plan runs at once. */
export const defaultShards = 20;

/** Jobs over all matrices of a run: the platform's 256 less what else a run starts. */
export const mostEntries = 240;
/** Entries that take the place of shards that died. */
const spares = 2;
/** What of a budget is used: expectations are off, and the last package rarely ends where the budget does. */
const used = 0.9;

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
