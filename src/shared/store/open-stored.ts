import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { Kept } from '../model/stored-parts.ts';
import type { Store } from './store.ts';

/**
 * What can be had of a result: all of it, or its main files where no more was kept. The folder that holds them.
 * @throws DamagedResult
 */
export async function openKept(store: Store, result: Result): Promise<{ folder: string; kept: Kept }> {
  const kept = await store.kept(result);
  return { folder: await (kept === 'main' ? store.openMain(result) : store.open(result)), kept };
}

/** Packages of these results of which no more than the main files can be had, by name. */
export async function mainOnly(store: Store, results: readonly Result[]): Promise<Set<string>> {
  const kept = await Promise.all(results.map(async (one) => [one.package, await store.kept(one)] as const));
  return new Set(kept.flatMap(([name, how]) => (how === 'main' ? [name] : [])).sort(order));
}
