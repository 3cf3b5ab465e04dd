import type { Result, StoredParts } from '../model/build-result.ts';
import { bytesOf, filesWithoutDebug } from './result-files.ts';

/** The space that a run needs, as one of its jobs sees it. */
export interface StorageRequest {
  /** The reused results and their stored parts: these stay. */
  staying: readonly { result: Result; stored: StoredParts }[];
  /** The newest results of packages that the run may build: their new results are about as large. */
  moving: readonly Result[];
  /** Number of packages that the run may build and whose size is unknown … */
  unknown: number;
  /** … bytes that other jobs of the run have stored of these … */
  spent: number;
  /** … and number of jobs that store them at the same time. */
  writers: number;
}

/**
 * Decides which parts of each result a job stores, so that all jobs of the run together stay within a budget. A package
 * that was built before counts with its known size. Each job has the same share for packages of unknown size: it stores
 * full results in the first half of it, because a small tree fits, and then RPMs without debuginfo, which save a build.
 * @param budget bytes
 */
export function newAllocation(
  { staying, moving, unknown, spent, writers }: StorageRequest,
  budget: number,
): (result: Result) => StoredParts {
  const stays = new Map(staying.map(({ result, stored }) => [result.package, stored]));
  const known = new Map(moving.map((result) => [result.package, result]));
  const free = staying.reduce((room, { result, stored }) => room - bytesStored(result, stored), budget);
  const share = shareOf(moving, unknown === 0 ? free : (free * moving.length) / (moving.length + unknown));
  const rest = moving.reduce((room, one) => room - bytesStored(one, partsWithin(one, share)), free - spent);
  const bytesForUnknown = Math.max(0, rest) / writers;
  let left = bytesForUnknown;

  const partsOfUnknown = (result: Result): StoredParts => {
    if (bytesOf(result) <= left - bytesForUnknown / 2) return 'full';
    return bytesStored(result, 'without-debug') <= left ? 'without-debug' : 'none';
  };
  return (result) => {
    // A reused result that has to be stored again has gone: its space is free.
    const before = stays.get(result.package);
    if (before !== undefined && before !== 'none') return before;
    // By its earlier duration: if all builds are a little slower today, their value densities must not all rise.
    const earlier = known.get(result.package);
    if (earlier !== undefined) return partsWithin(earlier, share);
    const parts = partsOfUnknown(result);
    left -= bytesStored(result, parts);
    return parts;
  };
}

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
function valueDensity(result: Weighed): number {
  return result.seconds / Math.max(1, bytesWithoutDebug(result));
}

function bytesWithoutDebug(result: Weighed): number {
  return filesWithoutDebug(result).reduce((sum, { size }) => sum + size, 0);
}
