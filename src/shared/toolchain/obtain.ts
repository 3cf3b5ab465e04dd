import { openCache } from '../github/cache/open-cache.ts';
import { leavesCache } from '../github/run.ts';
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
  const cache = openCache(options.log, options.signal);
  if (cache === undefined) return await prepareToolchain(options);
  const cached = { ...options, cache };
  const fetchedKey = options.updateLock ? undefined : await fetchCachedToolchain(cached);
  const toolchain = await prepareToolchain(options);
  if (leavesCache()) await saveCachedToolchain(fetchedKey, cached);
  return toolchain;
}
