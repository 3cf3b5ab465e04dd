import type { Result } from '../result/result.ts';
import { bytesOf } from './result-files.ts';

/** Build seconds that a result saves a later run for each of its bytes. */
export function worthOf(result: Pick<Result, 'srpm' | 'rpms' | 'seconds'>): number {
  return result.seconds / Math.max(1, bytesOf(result));
}

/**
 * What a result has to be worth so that what is kept fits: 0 when all of it does. What saves most for its size is kept.
 * @param known the results that a run would have: one of each package
 * @param budget bytes
 */
export function leastWorth(
  known: readonly Pick<Result, 'srpm' | 'rpms' | 'seconds'>[],
  budget: number,
): number {
  let sum = 0;
  for (const result of [...known].sort((a, b) => worthOf(b) - worthOf(a))) {
    sum += bytesOf(result);
    if (sum > budget) return worthOf(result);
  }
  return 0;
}
