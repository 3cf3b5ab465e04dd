import type { Result, StoredParts } from '../model/build-result.ts';
import { bytesOf, filesWithoutDebug } from './result-files.ts';

type Weighed = Pick<Result, 'srpm' | 'rpms' | 'seconds'>;

/**
 * The parts of results that fit into a budget, as bounds of the value density: of a result above `withoutDebug`, the RPMs
 * without debuginfo are stored; of one above `full`, all files.
 */
export interface Share {
  withoutDebug: number;
  full: number;
}

/** A bound below every value density: a build may have taken no measurable time. */
const noBound = -1;

/**
 * Returns the share of a budget: first the RPMs without debuginfo of all results, because they save a build, then the
 * other files of as many results as fit. Where not all fits, the results of the highest value density are stored.
 * @param known the results that a run would have: one of each package
 * @param budget bytes
 */
export function shareOf(known: readonly Weighed[], budget: number): Share {
  const ranked = [...known].sort((a, b) => valueDensity(b) - valueDensity(a));
  let sum = 0;
  const boundFor = (bytes: (result: Weighed) => number): number => {
    for (const result of ranked) {
      sum += bytes(result);
      if (sum > budget) return valueDensity(result);
    }
    return noBound;
  };
  const withoutDebug = boundFor(bytesWithoutDebug);
  if (withoutDebug !== noBound) return { withoutDebug, full: Number.POSITIVE_INFINITY };
  return { withoutDebug, full: boundFor((result) => bytesOf(result) - bytesWithoutDebug(result)) };
}

/** The parts of a result that a share stores. */
export function partsWithin(result: Weighed, { withoutDebug, full }: Share): StoredParts {
  const density = valueDensity(result);
  if (density <= withoutDebug) return 'none';
  return density > full ? 'full' : 'without-debug';
}

/** Bytes of the stored parts of a result. */
export function bytesStored(result: Weighed, parts: StoredParts): number {
  return { full: bytesOf, 'without-debug': bytesWithoutDebug, none: () => 0 }[parts](result);
}

/** Build seconds that the RPMs without debuginfo save a later run, for each of their bytes. */
export function valueDensity(result: Weighed): number {
  return result.seconds / Math.max(1, bytesWithoutDebug(result));
}

function bytesWithoutDebug(result: Weighed): number {
  return filesWithoutDebug(result).reduce((sum, { size }) => sum + size, 0);
}
