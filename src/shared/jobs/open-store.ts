import { join } from 'node:path';
import { paths } from '../builder/paths.ts';
import type { ActionContext } from '../github/action.ts';
import { actionsCache } from '../github/cache/actions-cache.ts';
import { listsEntry } from '../github/cache/list-caches.ts';
import { hasArtifacts, hasCache, leavesCache, readsCacheOnly } from '../github/run.ts';
import type { Result } from '../model/build-result.ts';
import type { RepositoryInputs, StoreInputs, TreeInputs } from '../model/inputs.ts';
import type { StoredParts } from '../model/stored-parts.ts';
import type { SolverAnswer } from '../solver/solver.ts';
import { newAllocation, type StorageRequest } from '../store/allocation.ts';
import { cachedStore } from '../store/cached-store.ts';
import { directoryStore } from '../store/directory-store.ts';
import { fetchIndex, saveIndex } from '../store/saved-index.ts';
import type { Store } from '../store/store.ts';
import { joinIndex, newIndex, type StoreIndex, seeResults } from '../store/store-index.ts';

/** Gigabytes of results: GitHub gives a repository ten of cache. */
const defaultBudget = 9;

/**
 * What a job does with the store: `alone` it finds out what there is and builds all, `plan` finds it out for others, who
 * `share` what it found, `none` needs nothing of it.
 */
export type Role = 'alone' | 'plan' | 'share' | 'none';

/** Where this run finds results of others, and leaves its own. */
export interface OpenedStore {
  store: Store;
  /** What of it is on this machine. */
  local: Store;
  index: StoreIndex;
  /**
   * Tells later runs what this one has.
   * @param storedOf what of a result under this key is stored, where that is known
   * @param answers all that its solver said
   */
  remember(
    results: readonly Result[],
    storedOf: (key: string) => StoredParts | undefined,
    answers: ReadonlyMap<string, SolverAnswer>,
  ): Promise<void>;
  /** Says what the run needs room for, before anything of it is stored. */
  makeRoom(request: StorageRequest): void;
  /** Ends what goes on beside the builds. */
  close(): Promise<void>;
}

/** Opens the store: a folder, and in a job of a workflow run the cache with it. */
export async function openStore(
  inputs: TreeInputs & Partial<StoreInputs & RepositoryInputs>,
  { log, signal }: ActionContext,
  role: Role,
): Promise<OpenedStore> {
  const local = directoryStore(join(inputs.cacheDir, 'store'));
  const index = newIndex();
  if (!hasCache() && hasArtifacts() && role !== 'none')
    log.info(
      'This runner has no cache service (v2): nothing is reused between runs but what lies in cache-dir.',
    );
  if (!hasCache())
    return {
      ...{ store: local, local, index },
      ...{ remember: async () => {}, makeRoom: () => {}, close: async () => {} },
    };
  if (readsCacheOnly() && role !== 'none')
    log.info(
      'This job may not save anything in the cache (ACTIONS_CACHE_MODE): later runs reuse nothing of it.',
    );
  const cache = actionsCache(log, signal);
  const { onStoreError = 'fail', token = '', storeBudget = defaultBudget } = inputs;
  const tempDir = paths.exchange(inputs);
  const saved = { cache, tempDir, log, onStoreError };
  const repository = process.env['GITHUB_REPOSITORY'] ?? '';
  const isListed = (prefix: string, refs: readonly string[]) =>
    listsEntry({ token, repository }, prefix, refs);
  if (role === 'alone' || role === 'plan')
    joinIndex(index, await log.group('Index of the store', () => fetchIndex({ ...saved, isListed })));
  // Who publishes all needs the bytes of all; others of the run are told by the plan.
  index.onlyStored = role === 'alone' || (role === 'plan' && inputs.repositoryContent !== 'built');
  const budget = Math.round(storeBudget * 1e9);
  const nothing: StorageRequest = { staying: [], moving: [], unknown: 0, spent: 0, writers: 1 };
  let allocation = newAllocation(nothing, budget);
  const store = cachedStore(local, cache, index, {
    ...{ tempDir, onStoreError, saves: leavesCache(), shared: role !== 'alone' },
    warn: (message) => log.warn(message),
    partsToSave: (result) => allocation(result),
  });
  return {
    ...{ store, local, index },
    remember: async (results, storedOf, answers) => {
      if (!leavesCache()) return;
      await store.flush();
      const own = (key: string) => store.saved(key) ?? storedOf(key);
      seeResults(index, results, Math.floor(Date.now() / 1000), own);
      index.answers = new Map(answers);
      await log.group('Saving the index of the store', () => saveIndex(index, Date.now() / 1000, saved));
    },
    makeRoom: (request) => {
      allocation = newAllocation(request, budget);
    },
    close: async () => {
      await store.flush();
      const { reduced, failed } = store.unsaved();
      const names = (parts: StoredParts) =>
        reduced.flatMap((one) => (one.parts === parts ? [one.name] : [])).join(', ');
      const of = `(store-budget ${storeBudget} GB)`;
      if (names('without-debug') !== '')
        log.info(`Stored without debuginfo and SRPM ${of}: ${names('without-debug')}`);
      if (names('none') !== '')
        log.info(`Not stored, because there is no room for it ${of}: ${names('none')}`);
      if (failed.names.length > 0)
        log.warn(
          `${failed.names.length} results of this job are not in the store (${failed.message}): ${failed.names.join(', ')}`,
        );
    },
  };
}
