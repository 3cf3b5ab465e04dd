import { actionsCache } from '../github/cache/actions-cache.ts';
import { hasCache, leavesCache } from '../github/run.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { prepareToolchain, type ToolchainOptions } from './prepare.ts';
import { fetchCachedToolchain, saveCachedToolchain, type ToolchainCacheOptions } from './toolchain-cache.ts';

/**
 * The toolchain of a job that no other job handed one: it takes up what an earlier run of the workflow left in GitHub's
 * cache, makes the toolchain otherwise, and leaves what is new to later runs. Where there is a lock, somebody chose it, and
 * it counts; `update` chooses anew, so what was left is not even looked for.
 * @throws ProblemsError as {@link prepareToolchain}; StoreTrouble when nobody knows what was left, and that is no reason
 *   to make another one
 */
export async function obtainToolchain(
  options: ToolchainOptions & Pick<ToolchainCacheOptions, 'onTrouble'>,
): Promise<Toolchain> {
  if (!hasCache()) return await prepareToolchain(options);
  const spare = { ...options, cache: actionsCache(options.log, options.signal) };
  const taken = options.update ? undefined : await fetchCachedToolchain(spare);
  const toolchain = await prepareToolchain(options);
  if (leavesCache()) await saveCachedToolchain(taken, spare);
  return toolchain;
}
