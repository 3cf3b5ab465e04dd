import type { Result } from '../result/result.ts';
import { bytesOf, mainFiles } from './result-files.ts';

type Weighed = Pick<Result, 'srpm' | 'rpms' | 'seconds'>;

/** What of a result is stored: all of it, what a build may ask for, or nothing. */
export type Kept = 'whole' | 'main' | 'nothing';

/** What of results is kept so that it fits into a budget. */
export interface Ration {
  whole: boolean;
  /** Build seconds that the main files of a result have to save for each of their bytes: more than this. */
  moreThan: number;
}

/** Less than any result saves: one may have taken no measurable time. */
const anything = -1;

/**
 * Keeps everything where it fits. Else what is for people alone goes first, and then what saves least for its size.
 * @param known the results that a run would have: one of each package
 * @param budget bytes
 */
export function rationOf(known: readonly Weighed[], budget: number): Ration {
  if (known.reduce((sum, one) => sum + bytesOf(one), 0) <= budget) return { whole: true, moreThan: anything };
  let sum = 0;
  for (const result of [...known].sort((a, b) => worthOf(b) - worthOf(a))) {
    sum += mainBytes(result);
    if (sum > budget) return { whole: false, moreThan: worthOf(result) };
  }
  return { whole: false, moreThan: anything };
}

/** What of a result is kept. */
export function keptOf(result: Weighed, { whole, moreThan }: Ration): Kept {
  if (whole) return 'whole';
  return worthOf(result) > moreThan ? 'main' : 'nothing';
}

/** Build seconds that the main files of a result save a later run for each of their bytes. */
export function worthOf(result: Weighed): number {
  return result.seconds / Math.max(1, mainBytes(result));
}

function mainBytes(result: Weighed): number {
  return mainFiles(result).reduce((sum, { size }) => sum + size, 0);
}
