import { actionsCache } from '../github/cache/actions-cache.ts';
import { hasCache, leavesCache } from '../github/run.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { prepareToolchain, type ToolchainOptions } from './prepare.ts';
import { fetchCachedToolchain, saveCachedToolchain, type ToolchainCacheOptions } from './toolchain-cache.ts';

/**
 * Returns the toolchain of a job: the one that an earlier run of the workflow saved in GitHub's cache, or a new one, which
 * is saved for later runs. A lock on this machine overrides the cache; so does `updateLock`, which chooses packages again.
 * @throws ProblemsError as {@link prepareToolchain}; StoreUnavailableError as {@link fetchCachedToolchain}
 */
export async function obtainToolchain(
  options: ToolchainOptions & Pick<ToolchainCacheOptions, 'onStoreError'>,
): Promise<Toolchain> {
  if (!hasCache()) return await prepareToolchain(options);
  const cached = { ...options, cache: actionsCache(options.log, options.signal) };
  const fetchedKey = options.updateLock ? undefined : await fetchCachedToolchain(cached);
  const toolchain = await prepareToolchain(options);
  if (leavesCache()) await saveCachedToolchain(fetchedKey, cached);
  return toolchain;
}
