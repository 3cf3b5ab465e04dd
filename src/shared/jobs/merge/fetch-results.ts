import type { Problem } from '../../base/problems.ts';
import { StoreUnavailableError } from '../../github/cache/cache.ts';
import type { Result } from '../../model/build-result.ts';
import { dropLocal } from '../../rpm-repository/write/publish-parts.ts';
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

/** Fetches the files of the results that the repository will hold. */
export class ResultFetcher {
  private readonly run: JoinedRun;
  private readonly local: Store;
  private readonly content: RepositoryContent;
  private readonly room: DiskRoom;
  /** Keys of results whose files were fetched and checked. */
  private readonly fetched = new Set<string>();

  /**
   * @param local the store of this machine
   * @param room `parts`: no files stay here
   */
  constructor(run: JoinedRun, local: Store, content: RepositoryContent, room: DiskRoom) {
    this.run = run;
    this.local = local;
    this.content = content;
    this.room = room;
  }

  /**
   * Fetches all files. A result whose files cannot be had, and what was built on it, does not count any more. A result
   * about which the store gives no answer may be there: it is left, and the index of the store does not change.
   * @returns true if the store lost a result of an earlier run, which no job of this run knew
   */
  async fetchAll(): Promise<boolean> {
    const { state, heartbeats } = this.run;
    let isLost = false;
    for (let isWhole = false; !isWhole; ) {
      isWhole = true;
      const queue = inOrderOfFetching(state, publishedResults(state, this.content));
      const fetchQueued = async () => {
        for (let result = queue.shift(); result !== undefined; result = queue.shift()) {
          const end = await this.fetch(result);
          isWhole &&= end === 'fetched';
          isLost ||= end === 'lost';
        }
      };
      const fetches = Array.from({ length: this.room === 'parts' ? 1 : fetchesAtOnce }, fetchQueued);
      await Promise.all(fetches).finally(() => Promise.allSettled(fetches));
      if (!isWhole) {
        state.startOver();
        await heartbeats.readAll();
      }
    }
    return isLost;
  }

  private async fetch(result: Result): Promise<'fetched' | 'left' | 'dropped' | 'lost'> {
    const { known, context } = this.run.state;
    if (known.unanswered.size >= mostUnanswered && (await this.needsStore(result)))
      return this.leave(result, 'The store gave no answer about others, and was not asked any more');
    try {
      const { folder } = await openStored(context.store, result);
      if (this.room === 'parts') await dropLocal(this.local, result, folder);
      this.fetched.add(result.key);
      return 'fetched';
    } catch (error) {
      if (error instanceof StoreUnavailableError)
        return this.leave(result, (error.problems[0] as Problem).message);
      if (!(error instanceof DamagedResultError)) throw error;
      context.log.warn(`${error.message}. It does not count.`);
      const isOfThisRun = known.results.has(error.key);
      await context.store.drop(error.key);
      return isOfThisRun ? 'dropped' : 'lost';
    }
  }

  /** True if only the store between runs can have the files. */
  private async needsStore({ key, package: name }: Result): Promise<boolean> {
    if (this.run.state.known.results.has(key) || this.fetched.has(key)) return false;
    return (await this.local.get(key, name).catch(() => undefined)) === undefined;
  }

  private leave({ key, package: name }: Result, message: string): 'left' {
    const { known, context } = this.run.state;
    context.log.warn(`${message}. ${name} is left.`);
    known.unanswered.set(key, message);
    return 'left';
  }
}
