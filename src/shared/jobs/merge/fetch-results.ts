import type { Problem } from '../../base/problems.ts';
import { StoreUnavailableError } from '../../github/cache/cache.ts';
import type { Result } from '../../model/build-result.ts';
import { dropLocal } from '../../rpm-repository/write/publish-parts.ts';
import type { RunState } from '../../shards/worker/run-state.ts';
import type { JoinedRun } from '../../shards/worker/running-shard.ts';
import { DamagedResultError, openStored, type Store } from '../../store/store.ts';
import {
  type DiskRoom,
  fetchesAtOnce,
  inOrderOfFetching,
  publishedResults,
  type RepositoryContent,
} from './published-results.ts';

/** Number of calls without an answer after which the store is not asked any more: each takes half a minute. */
const mostUnanswered = 5;

/** The results that the repository will hold, and where their files go. */
export interface Fetching {
  run: JoinedRun;
  /** The store of this machine. */
  local: Store;
  content: RepositoryContent;
  /** `parts`: no files stay here. */
  room: DiskRoom;
  /** Keys of results whose files were fetched and checked. */
  fetched: Set<string>;
}

/**
 * Fetches all files. A result whose files cannot be had, and what was built on it, does not count any more. A result
 * about which the store gives no answer may be there: it is left, and the index of the store does not change.
 * @returns true if the store lost a result of an earlier run, which no job of this run knew
 */
export async function fetchAll(fetching: Fetching): Promise<boolean> {
  const { state, heartbeats } = fetching.run;
  let isLost = false;
  for (let isWhole = false; !isWhole; ) {
    isWhole = true;
    const queue = inOrderOfFetching(state, publishedResults(state, fetching.content));
    const fetchQueued = async () => {
      for (let result = queue.shift(); result !== undefined; result = queue.shift()) {
        const end = await fetchOne(fetching, result);
        isWhole &&= end === 'fetched';
        isLost ||= end === 'lost';
      }
    };
    const fetches = Array.from({ length: fetching.room === 'parts' ? 1 : fetchesAtOnce }, fetchQueued);
    await Promise.all(fetches).finally(() => Promise.allSettled(fetches));
    if (!isWhole) {
      state.startOver();
      await heartbeats.readAll();
    }
  }
  return isLost;
}

async function fetchOne(
  fetching: Fetching,
  result: Result,
): Promise<'fetched' | 'left' | 'dropped' | 'lost'> {
  const { known, context } = fetching.run.state;
  if (known.unanswered.size >= mostUnanswered && (await needsStore(fetching, result)))
    return leave(
      fetching.run.state,
      result,
      'The store gave no answer about others, and was not asked any more',
    );
  try {
    const { folder } = await openStored(context.store, result);
    if (fetching.room === 'parts') await dropLocal(fetching.local, result, folder);
    fetching.fetched.add(result.key);
    return 'fetched';
  } catch (error) {
    if (error instanceof StoreUnavailableError)
      return leave(fetching.run.state, result, (error.problems[0] as Problem).message);
    if (!(error instanceof DamagedResultError)) throw error;
    context.log.warn(`${error.message}. It does not count.`);
    const isOfThisRun = known.results.has(error.key);
    await context.store.drop(error.key);
    return isOfThisRun ? 'dropped' : 'lost';
  }
}

/** True if only the store between runs can have the files. */
async function needsStore(
  { run, local, fetched }: Fetching,
  { key, package: name }: Result,
): Promise<boolean> {
  if (run.state.known.results.has(key) || fetched.has(key)) return false;
  return (await local.get(key, name).catch(() => undefined)) === undefined;
}

function leave({ known, context }: RunState, { key, package: name }: Result, message: string): 'left' {
  context.log.warn(`${message}. ${name} is left.`);
  known.unanswered.set(key, message);
  return 'left';
}
