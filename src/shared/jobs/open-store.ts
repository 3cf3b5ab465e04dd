import { join } from 'node:path';
import { counted } from '../base/counted.ts';
import type { Log } from '../base/log.ts';
import { paths } from '../builder/build-context.ts';
import type { ActionContext } from '../github/action.ts';
import { listsEntry } from '../github/cache/list-caches.ts';
import { openCache } from '../github/cache/open-cache.ts';
import { leavesCache, readsCacheOnly } from '../github/run.ts';
import type { StoredParts } from '../model/build-result.ts';
import type { RepositoryInputs, StoreInputs, TreeInputs } from '../model/inputs.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Generated } from '../solver/generated-requires.ts';
import type { Answers } from '../solver/saved-answers.ts';
import { newAllocation, type StorageRequest } from '../store/allocation.ts';
import { CachedStore, type Unsaved } from '../store/cached-store.ts';
import { DirectoryStore } from '../store/directory-store.ts';
import { fetchIndex, saveIndex } from '../store/saved-index.ts';
import type { Store } from '../store/store.ts';
import { joinIndex, newIndex, type StoreIndex, seeResults } from '../store/store-index.ts';

/** Gigabytes of results: GitHub gives a repository ten of cache. */
const defaultBudget = 9;

/**
 * The use that a job makes of the store. `alone`: reads the index, builds everything. `plan`: reads the index for the
 * other jobs of its run. `share`: takes what the plan read. `none`: does not need it.
 */
export type Role = 'alone' | 'plan' | 'share' | 'none';

/** The answers that later runs need not look for again. */
interface Learnt {
  answers: Answers;
  generated: Generated;
}

/** The results of earlier runs, and the place for this run's own. */
export interface OpenedStore {
  store: Store;
  /** The store of this machine. */
  local: Store;
  index: StoreIndex;
  /** Adds the results of a run to the index for later runs, with what its services learnt. */
  remember(outcomes: ReadonlyMap<string, Outcome>, learnt: Learnt): Promise<void>;
  /** Allocates the space of the store, before anything is stored. */
  makeRoom(request: StorageRequest): void;
  /** Waits for results that are being saved. */
  close(): Promise<void>;
}

/** Opens the store: a folder, and in a job of a workflow run the cache with it. */
export async function openStore(
  inputs: TreeInputs & Partial<StoreInputs & RepositoryInputs>,
  { log, signal }: ActionContext,
  role: Role,
): Promise<OpenedStore> {
  const local = new DirectoryStore(join(inputs.cacheDir, 'store'));
  const index = newIndex();
  const cache = openCache(log, signal);
  if (cache === undefined)
    return {
      ...{ store: local, local, index },
      ...{ remember: async () => {}, makeRoom: () => {}, close: async () => {} },
    };
  if (readsCacheOnly() && role !== 'none')
    log.info(
      'This job may not save anything in the cache (ACTIONS_CACHE_MODE): later runs reuse none of its results.',
    );
  const { onStoreError = 'fail', token = '', storeBudget = defaultBudget } = inputs;
  const tempDir = paths.exchange(inputs);
  const saved = { cache, tempDir, log, onStoreError };
  const repository = process.env['GITHUB_REPOSITORY'] ?? '';
  const isListed = (prefix: string, refs: readonly string[]) => listsEntry(token, repository, prefix, refs);
  if (role === 'alone' || role === 'plan')
    joinIndex(index, await log.group('Index of the store', () => fetchIndex({ ...saved, isListed })));
  // A job that publishes everything needs all bytes. Other jobs of the run take what the plan says.
  index.onlyStored = role === 'alone' || (role === 'plan' && inputs.repositoryContent !== 'built');
  const budget = Math.round(storeBudget * 1e9);
  let allocation = newAllocation({ staying: [], moving: [], unknown: 0, spent: 0, writers: 1 }, budget);
  const store = new CachedStore(local, cache, index, {
    ...{ tempDir, onStoreError, saves: leavesCache(), shared: role !== 'alone' },
    warn: (message) => log.warn(message),
    partsToSave: (result) => allocation(result),
  });
  return {
    ...{ store, local, index },
    remember: async (outcomes, { answers, generated }) => {
      if (!leavesCache()) return;
      await store.flush();
      const found = [...outcomes.values()].flatMap((one) => ('result' in one ? [one] : []));
      const parts = new Map(found.map((one) => [one.result.key, one.stored]));
      const results = found.map(({ result }) => result);
      const own = (key: string) => store.saved(key) ?? parts.get(key);
      seeResults(index, results, Math.floor(Date.now() / 1000), own);
      index.answers = new Map(answers);
      index.generated = new Map(generated);
      await log.group('Saving the index of the store', () => saveIndex(index, Date.now() / 1000, saved));
    },
    makeRoom: (request) => {
      allocation = newAllocation(request, budget);
    },
    close: async () => {
      await store.flush();
      logUnsaved(store.unsaved(), storeBudget, log);
    },
  };
}

/** Logs which results of this job later runs cannot have, or not all files of. @param budget in gigabytes */
function logUnsaved({ reduced, failed }: Unsaved, budget: number, log: Log): void {
  const logNames = (parts: StoredParts, message: string) => {
    const names = reduced.flatMap((one) => (one.parts === parts ? [one.name] : [])).join(', ');
    if (names !== '') log.info(`${message} (store-budget ${budget} GB): ${names}`);
  };
  logNames('without-debug', 'Stored without debuginfo and SRPM');
  logNames('none', 'Not stored, because there is no room for it');
  if (failed.names.length > 0)
    log.warn(
      `Not in the store: ${counted(failed.names.length, 'result')} of this job (${failed.message}): ${failed.names.join(', ')}`,
    );
}
