import type { Result } from '../model/build-result.ts';
import { DamagedResultError, type ResultLookup } from '../store/store.ts';

/** Returns the newest results of those packages that the store has any of. A damaged one says nothing: it is built again. */
export async function newestResults(store: ResultLookup, names: Iterable<string>): Promise<Result[]> {
  const newest: Result[] = [];
  for (const name of names) {
    const latest = await store.latest(name);
    const result = latest && (await store.get(latest.key, name).catch(ignoreDamage));
    if (result !== undefined) newest.push(result);
  }
  return newest;
}

function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof DamagedResultError)) throw error;
}
