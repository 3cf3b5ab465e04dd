import type { Log } from '../../base/log.ts';
import { hasCache } from '../run.ts';
import { actionsCache } from './actions-cache.ts';
import type { Cache } from './cache.ts';

/** Opens the cache that this job shares with later runs; undefined if it has none. Other backends are chosen here. */
export function openCache(log: Log, signal?: AbortSignal): Cache | undefined {
  return hasCache() ? actionsCache(log, signal) : undefined;
}
