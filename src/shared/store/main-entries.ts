import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cache, DamagedEntryError } from '../github/cache/cache.ts';
import type { Result } from '../model/build-result.ts';
import { mainFiles, takeFiles } from './result-files.ts';

/**
 * Entries of the cache with what builds may ask for alone, of results that are not stored whole: each is fetched once, to
 * a folder of its own. They are no results: what is published needs the rest, too.
 * @param keyOf the key of the entry of a result
 * @param troubleOf what a call for a result without an answer ends with
 * @param broken keys of entries that hold something else than they should: grows
 */
export function mainEntries(
  cache: Cache,
  tempDir: string,
  keyOf: (key: string) => string,
  troubleOf: (result: Result, error: unknown) => unknown,
  broken: Set<string>,
) {
  const opened = new Map<string, Promise<string | undefined>>();

  const fetch = async (result: Result): Promise<string | undefined> => {
    const dir = join(tempDir, `main-${result.key}`);
    const taken = `${dir}.taken`;
    for (const old of [dir, taken]) await rm(old, { recursive: true, force: true });
    try {
      if (!(await cache.fetch(result.key, keyOf(result.key), dir))) return undefined;
      const fault = await takeFiles(result, dir, taken, mainFiles(result));
      if (fault === undefined) return taken;
    } catch (error) {
      if (!(error instanceof DamagedEntryError)) throw troubleOf(result, error);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    broken.add(keyOf(result.key));
    return undefined;
  };

  return {
    /** The folder that holds the main files of a result; undefined when there is no such entry, or it is damaged. */
    open: async (result: Result): Promise<string | undefined> => {
      const before = opened.get(result.key);
      const folder = await before;
      // Who has no room for it has removed it when it was used.
      if (folder !== undefined && !existsSync(folder) && opened.get(result.key) === before)
        opened.delete(result.key);
      const running = opened.get(result.key) ?? fetch(result);
      opened.set(result.key, running);
      return await running;
    },
  };
}
