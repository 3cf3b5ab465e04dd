import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { StoredParts } from '../model/stored-parts.ts';
import type { ResultFiles } from './store.ts';

/** Opens the stored parts of a result: all files, or the RPMs without debuginfo. @throws DamagedResultError */
export async function openStored(
  store: ResultFiles,
  result: Result,
): Promise<{ folder: string; parts: StoredParts }> {
  const parts = await store.storedParts(result);
  const folder = await (parts === 'without-debug' ? store.openWithoutDebug(result) : store.open(result));
  return { folder, parts };
}

/** The packages of these results of which only the RPMs without debuginfo are stored, by name. */
export async function storedWithoutDebug(
  store: ResultFiles,
  results: readonly Result[],
): Promise<Set<string>> {
  const parts = await Promise.all(
    results.map(async (one) => [one.package, await store.storedParts(one)] as const),
  );
  return new Set(parts.flatMap(([name, stored]) => (stored === 'without-debug' ? [name] : [])).sort(order));
}
