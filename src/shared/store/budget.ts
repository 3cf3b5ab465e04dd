import type { Result } from '../model/build-result.ts';
import type { Kept } from '../model/stored-parts.ts';
import { bytesOf, filesWithoutDebug } from './result-files.ts';

type Weighed = Pick<Result, 'srpm' | 'rpms' | 'seconds'>;

/**
 * What of results is kept so that it fits into a budget, by the build seconds that a result saves for each byte of its
 * main files: more than `main`, and these are kept; more than `whole`, and all of it is.
 */
export interface Share {
  main: number;
  whole: number;
}

/** Less than any result saves: one may have taken no measurable time. */
const anything = -1;

/**
 * Keeps the main files of all results first, because they save a build, and then the rest of as many as fit; where not
 * all fits, what saves most for its size.
 * @param known the results that a run would have: one of each package
 * @param budget bytes
 */
export function shareOf(known: readonly Weighed[], budget: number): Share {
  const ranked = [...known].sort((a, b) => valueDensity(b) - valueDensity(a));
  let sum = 0;
  const worthThatEnds = (bytes: (result: Weighed) => number): number => {
    for (const result of ranked) {
      sum += bytes(result);
      if (sum > budget) return valueDensity(result);
    }
    return anything;
  };
  const main = worthThatEnds(mainBytes);
  if (main !== anything) return { main, whole: Number.POSITIVE_INFINITY };
  return { main, whole: worthThatEnds((result) => bytesOf(result) - mainBytes(result)) };
}

/** What of a result is kept. */
export function keptOf(result: Weighed, { main, whole }: Share): Kept {
  const worth = valueDensity(result);
  return worth > main ? (worth > whole ? 'whole' : 'main') : 'nothing';
}

/** Bytes of what is kept of a result. */
export function bytesStored(result: Weighed, kept: Kept): number {
  return { whole: bytesOf, main: mainBytes, nothing: () => 0 }[kept](result);
}

/** Build seconds that the main files of a result save a later run for each of their bytes. */
export function valueDensity(result: Weighed): number {
  return result.seconds / Math.max(1, mainBytes(result));
}

function mainBytes(result: Weighed): number {
  return filesWithoutDebug(result).reduce((sum, { size }) => sum + size, 0);
}
