import type { Result } from '../model/build-result.ts';
import type { Kept } from '../model/stored-parts.ts';
import { bytesStored, keptOf, shareOf } from './budget.ts';
import { bytesOf } from './result-files.ts';

/** What a run needs room for, as one of its jobs sees it. */
export interface StorageRequest {
  /** What it reuses, with what is stored of it: that stays. */
  staying: readonly { result: Result; kept: Kept }[];
  /** The newest results of packages that it may build: what they will be is about as large. */
  moving: readonly Result[];
  /** How many packages it may build of which nobody knows the size … */
  unknown: number;
  /** … bytes that other jobs of the run have stored of these … */
  spent: number;
  /** … and how many jobs store them beside each other. */
  writers: number;
}

/**
 * Decides what of each result of a job is stored, so that all jobs of the run together stay within a budget. What was
 * built before goes by its size. Of what nobody knows, a job cannot weigh one against the others that come, nor know
 * what other jobs build meanwhile: so each has the same share, keeps whole results in the first half of it, because a
 * small tree fits as a whole, and then main files, which save a build.
 * @param budget bytes
 */
export function newAllocation(
  { staying, moving, unknown, spent, writers: savers }: StorageRequest,
  budget: number,
): (result: Result) => Kept {
  const stays = new Map(staying.map(({ result, kept }) => [result.package, kept]));
  const known = new Map(moving.map((result) => [result.package, result]));
  const free = staying.reduce((room, { result, kept }) => room - bytesStored(result, kept), budget);
  const ration = shareOf(moving, unknown === 0 ? free : (free * moving.length) / (moving.length + unknown));
  const rest = moving.reduce((room, one) => room - bytesStored(one, keptOf(one, ration)), free - spent);
  const share = Math.max(0, rest) / savers;
  let left = share;

  return (result) => {
    // It is gone: its place is free.
    const before = stays.get(result.package);
    if (before !== undefined && before !== 'nothing') return before;
    // By what was weighed: were all builds a little slower today, by their own time all would seem worth more.
    const weighed = known.get(result.package);
    if (weighed !== undefined) return keptOf(weighed, ration);
    const kept =
      bytesOf(result) <= left - share / 2
        ? 'whole'
        : bytesStored(result, 'main') <= left
          ? 'main'
          : 'nothing';
    left -= bytesStored(result, kept);
    return kept;
  };
}
