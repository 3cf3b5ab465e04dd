import type { Result } from '../result/result.ts';

/** What a result costs the store and saves a later run. */
export function worthOf({ srpm, rpms, seconds }: Pick<Result, 'srpm' | 'rpms' | 'seconds'>): {
  bytes: number;
  seconds: number;
} {
  return { bytes: [srpm, ...rpms].reduce((sum, { size }) => sum + size, 0), seconds };
}

/**
 * Build seconds that a stored byte has to save, so that what is kept fits: 0 when all of it does. What saves most for
 * its size is kept.
 * @param known the results that a run would have: one of each package
 * @param budget bytes
 */
export function leastWorth(
  known: readonly Pick<Result, 'srpm' | 'rpms' | 'seconds'>[],
  budget: number,
): number {
  const sorted = known
    .map(worthOf)
    .map((one) => ({ ...one, density: one.seconds / Math.max(1, one.bytes) }))
    .sort((a, b) => b.density - a.density);
  let sum = 0;
  for (const { bytes, density } of sorted) {
    sum += bytes;
    if (sum > budget) return density;
  }
  return 0;
}
