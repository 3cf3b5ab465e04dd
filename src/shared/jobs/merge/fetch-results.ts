import type { Problem } from '../../base/problems.ts';
import { StoreUnavailableError } from '../../github/cache/cache.ts';
import type { Result } from '../../model/build-result.ts';
import type { MergeInputs } from '../../model/inputs.ts';
import { dropLocal } from '../../rpm-repository/write/publish-parts.ts';
import type { JoinedRun } from '../../shards/worker/running-shard.ts';
import { DamagedResultError, openStored, type Store } from '../../store/store.ts';
import { type DiskRoom, fetchesAtOnce, inOrderOfFetching, publishedResults } from './published-results.ts';

/** Number of calls without an answer after which the store is not asked any more: each takes half a minute. */
const mostUnanswered = 5;

/** The fetching of the results that the repository will hold. */
export interface ResultFetching {
  run: JoinedRun;
  /** The store of this machine. */
  local: Store;
  content: MergeInputs['repositoryContent'];
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
export async function fetchAll(fetching: ResultFetching): Promise<boolean> {
  const { run, content, room } = fetching;
  const { state, heartbeats } = run;
  let isLost = false;
  for (let isWhole = false; !isWhole; ) {
    isWhole = true;
    const queue = inOrderOfFetching(state, publishedResults(state, content));
    const fetchQueued = async () => {
      for (let result = queue.shift(); result !== undefined; result = queue.shift()) {
        const end = await fetchOne(fetching, result);
        isWhole &&= end === 'fetched';
        isLost ||= end === 'lost';
      }
    };
    const fetches = Array.from({ length: room === 'parts' ? 1 : fetchesAtOnce }, fetchQueued);
    await Promise.all(fetches).finally(() => Promise.allSettled(fetches));
    if (!isWhole) {
      state.startOver();
      await heartbeats.readAll();
    }
  }
  return isLost;
}

async function fetchOne(
  { run, local, room, fetched }: ResultFetching,
  result: Result,
): Promise<'fetched' | 'left' | 'dropped' | 'lost'> {
  const { known, context } = run.state;
  const { key, package: name } = result;
  const leave = (message: string) => {
    context.log.warn(`${message}. ${name} is left.`);
    known.unanswered.set(key, message);
    return 'left' as const;
  };
  const isHere = known.results.has(key) || fetched.has(key);
  if (known.unanswered.size >= mostUnanswered && !isHere) {
    // Only the store between runs can have what is not here.
    const found = await local.get(key, name).catch(() => undefined);
    if (found === undefined)
      return leave('The store gave no answer about others, and was not asked any more');
  }
  try {
    const { folder } = await openStored(context.store, result);
    if (room === 'parts') await dropLocal(local, result, folder);
    fetched.add(key);
    return 'fetched';
  } catch (error) {
    if (error instanceof StoreUnavailableError) return leave((error.problems[0] as Problem).message);
    if (!(error instanceof DamagedResultError)) throw error;
    context.log.warn(`${error.message}. It does not count.`);
    const isOfThisRun = known.results.has(error.key);
    await context.store.drop(error.key);
    return isOfThisRun ? 'dropped' : 'lost';
  }
}
