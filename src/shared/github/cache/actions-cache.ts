import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debugCall } from '../../base/debug.ts';
import type { Log } from '../../base/log.ts';
import { isAbsent, linkFile } from '../../host/files.ts';
import { moveFolder } from '../../host/folders.ts';
import { checkPlainTree, NotPlainFileError } from '../../host/plain-files.ts';
import { type Cache, DamagedEntryError } from './cache.ts';
import { cacheCalls } from './cache-calls.ts';

/**
 * The folder of entries during upload and download, below the workspace. An entry is found by this path, too: so it is
 * relative, the same in every job, and no input.
 */
const folder = '.azl-cache';

/** The cache of GitHub Actions, in the scopes of this job's token. Each call is in the debug log. */
export function actionsCache(log: Log, signal?: AbortSignal): Cache {
  const workspace = process.env['GITHUB_WORKSPACE'] ?? process.cwd();
  const calls = cacheCalls(log, workspace, signal);

  /** Runs `body` with the folder of an entry, which does not exist before and after. */
  const withEntry = async <T>(place: string, body: (path: string, dir: string) => Promise<T>): Promise<T> => {
    const path = `${folder}/${place}`;
    const dir = join(workspace, path);
    const remove = () => rm(dir, { recursive: true, force: true });
    await makeFolder(join(workspace, folder));
    await remove();
    return await body(path, dir).finally(remove);
  };

  const restore = async (place: string, key: string, prefixes: string[], to: string) => {
    if (!calls.isReadable()) return undefined;
    return await withEntry(place, async (path, dir) => {
      const found = await calls.restore(path, key, prefixes);
      // Without prefixes, an entry whose key only begins like `key` is another entry.
      const isOther = prefixes.length === 0 && found?.toLowerCase() !== key.toLowerCase();
      if (found === undefined || isOther) return undefined;
      await checkPlainTree(dir).catch((error: unknown) => {
        if (!(error instanceof NotPlainFileError || isAbsent(error))) throw error;
        throw new DamagedEntryError(`the entry '${found}' of the cache is not what was saved`);
      });
      await mkdir(dirname(to), { recursive: true });
      await moveFolder(dir, to);
      return found;
    });
  };

  return {
    get readable() {
      return calls.isReadable();
    },
    fetch: async (place, key, dir) =>
      (await debugCall(
        () => `cache: ${key}`,
        () => restore(place, key, [], dir),
        (found) => (found === undefined ? 'no such entry' : 'fetched'),
      )) !== undefined,
    fetchNewest: async (place, prefix, dir) =>
      await debugCall(
        () => `cache: newest ${prefix}…`,
        () => restore(place, prefix, [prefix], dir),
        (found) => found ?? 'no such entry',
      ),
    save: async (place, key, root, files) =>
      await withEntry(place, async (path, dir) => {
        for (const file of files) await linkFile(join(root, file), join(dir, file));
        await debugCall(
          () => `cache: save ${key}`,
          () => calls.save(path, key),
        );
      }),
  };
}

/** Makes the folder of entries. A link of that name, which a checkout may have, is removed. */
async function makeFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) await rm(path, { force: true });
  await mkdir(path, { recursive: true });
}
