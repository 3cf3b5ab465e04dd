import { parseName } from '../../shards/protocol/names.ts';
import type { JoinedRun } from '../../shards/worker/running-shard.ts';

const removalsAtOnce = 8;

/** Removes the artifacts that the jobs exchanged. An error is a warning: the platform removes them after a day. */
export async function removeExchanged({ state, exchange }: JoinedRun): Promise<void> {
  try {
    const names = (await exchange.list())
      .map(({ name }) => name)
      .filter((name) => parseName(name) !== undefined);
    for (let at = 0; at < names.length; at += removalsAtOnce)
      await Promise.all(names.slice(at, at + removalsAtOnce).map((name) => exchange.remove(name)));
  } catch (error) {
    state.context.log.warn(`What the jobs exchanged is not all removed: ${(error as Error).message}`);
  }
}
