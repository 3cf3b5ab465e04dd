import type { Result } from '../../model/build-result.ts';
import type { Store } from '../../store/store.ts';
import { ResultDownloads, type ResultDownloadsOptions } from './result-downloads.ts';

/**
 * Returns a store that also has the results which other jobs of the run published. Their files are fetched into the local
 * store when they are opened, and only then.
 */
export function exchangedStore(options: ResultDownloadsOptions): Store {
  const { local, known } = options;
  const downloads = new ResultDownloads(options);

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const report = known.results.get(key);
    if (report?.package === name) return report.result;
    return known.unanswered.has(key) ? undefined : await local.get(key, name);
  };

  const open = async (result: Result): Promise<string> => {
    const report = known.results.get(result.key);
    if (report === undefined || (await downloads.isLocal(result))) return await local.open(result);
    if (!(await downloads.isLocal(report.result))) await downloads.fetch(report.result);
    return await local.open(report.result);
  };

  return {
    get,
    search: async (key, name) => (await get(key, name)) ?? (await local.search(key, name)),
    offer: (result) => local.offer(result),
    saved: (key) => local.saved(key),
    flush: () => local.flush(),
    check: async (result) => {
      if (!known.results.has(result.key)) await local.check(result);
    },
    storedParts: async (result) => (known.results.has(result.key) ? 'full' : await local.storedParts(result)),
    open,
    openWithoutDebug: async (result) =>
      known.results.has(result.key) ? await open(result) : await local.openWithoutDebug(result),
    put: (...args) => local.put(...args),
    drop: async (key) => {
      const id = known.results.get(key)?.id;
      if (id !== undefined) known.refused.add(id);
      downloads.forget(key);
      known.results.delete(key);
      await local.drop(key);
    },
    latest: (name) => local.latest(name),
  };
}
