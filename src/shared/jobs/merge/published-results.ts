import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { order } from '../../base/order.ts';
import { hasArtifacts } from '../../github/run.ts';
import { checkSpace, isSameDisk } from '../../host/space.ts';
import type { Result } from '../../model/build-result.ts';
import type { MergeInputs } from '../../model/inputs.ts';
import { publishedFiles } from '../../rpm-repository/write/publish.ts';
import { bytesOfParts } from '../../rpm-repository/write/publish-parts.ts';
import type { RunState } from '../../shards/worker/run-state.ts';
import { bytesOf } from '../../store/result-files.ts';
import type { ResultLookup } from '../../store/store.ts';

/** Number of results fetched at once. */
export const fetchesAtOnce = 4;

/** The part of the repository that the disk holds at once. */
export type DiskRoom = 'all' | 'parts';

/** Returns the results that the repository will hold. */
export function publishedResults(state: RunState, content: MergeInputs['repositoryContent']): Result[] {
  return [...state.progress.outcomes.values()]
    .flatMap((outcome) => ('result' in outcome ? [outcome.result] : []))
    .filter(({ key }) => content === 'full' || state.known.results.has(key));
}

/**
 * Returns whether the results to fetch, and their copies in the repository, fit on the disk: all of them, or one part at
 * a time. Parts are possible where the repository becomes artifacts. Results in `local` need not be fetched.
 * @throws ProblemsError when not even one part fits
 */
export async function roomFor(
  state: RunState,
  local: ResultLookup,
  content: MergeInputs['repositoryContent'],
): Promise<DiskRoom> {
  const { log, inputs } = state.context;
  const { cacheDir, outDir } = inputs;
  const results = publishedResults(state, content);
  const { fetched, copied, files } = await bytesNeeded(state, local, results);
  // A result in transit is there twice: packed and unpacked.
  const together = fetchedTogether(state, results);
  const packed = together.slice(0, fetchesAtOnce).reduce((sum, one) => sum + one, 0);
  const isLinked = hasArtifacts() && (await isSameDisk(cacheDir, outDir));
  try {
    await checkSpace('The repository', [
      { dir: cacheDir, bytes: fetched + (fetched === 0 ? 0 : packed) },
      { dir: outDir, bytes: isLinked ? 0 : copied },
    ]);
    return 'all';
  } catch (error) {
    const onePart = [
      { dir: cacheDir, bytes: 2 * (together[0] ?? 0) },
      { dir: outDir, bytes: Math.max(...Object.values(bytesOfParts(files))) },
    ];
    if (!hasArtifacts()) throw error;
    await checkSpace('', onePart).catch(() => {
      throw error;
    });
    log.info(
      `The disk does not hold all of the repository, ${Math.ceil(fetched / 1e6)} MB: it is published in parts.`,
    );
    return 'parts';
  }
}

/** Returns the bytes to fetch, the bytes to copy into the repository, and all files of the repository. */
async function bytesNeeded(state: RunState, local: ResultLookup, results: readonly Result[]) {
  const { store, inputs } = state.context;
  const files: ReturnType<typeof publishedFiles> = [];
  let [fetched, copied] = [0, 0];
  for (const result of results) {
    const own = publishedFiles(result, await store.storedParts(result));
    files.push(...own);
    if ((await local.get(result.key, result.package)) === undefined)
      fetched += own.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of own) {
      const before = await stat(join(inputs.outDir, path)).catch(() => undefined);
      if (before?.size !== size) copied += size;
    }
  }
  return { fetched, copied, files };
}

/** Returns the bytes of results that one artifact of the run holds, the most first. */
function fetchedTogether(state: RunState, results: readonly Result[]): number[] {
  const sums = new Map<string, number>();
  for (const result of results) {
    const from = fetchedFrom(state, result);
    sums.set(from, (sums.get(from) ?? 0) + bytesOf(result));
  }
  return [...sums.values()].sort((a, b) => b - a);
}

function fetchedFrom(state: RunState, { key }: Result): string {
  return state.known.results.get(key)?.artifact ?? key;
}

/** Returns results in the order in which they are fetched: those of one artifact follow each other. */
export function inOrderOfFetching(state: RunState, results: readonly Result[]): Result[] {
  return [...results].sort(
    (a, b) => order(fetchedFrom(state, a), fetchedFrom(state, b)) || order(a.key, b.key),
  );
}
