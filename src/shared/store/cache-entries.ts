import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import { type Cache, DamagedEntryError } from '../github/cache/cache.ts';
import { isAbsent } from '../host/files.ts';
import { readPlainFile } from '../host/plain-files.ts';
import { type Result, resultSchema, type StoredParts } from '../model/build-result.ts';
import { checkResult } from './check-result.ts';
import {
  filesWithoutDebug,
  manifestFile,
  mostManifestBytes,
  pathsWithoutDebug,
  resultFiles,
  resultFolder,
  takeFiles,
} from './result-files.ts';
import { DamagedResultError, type ResultFiles } from './store.ts';

/** The cache entries of results. */
export type CacheEntries = ReturnType<typeof cacheEntries>;

function entryKey(key: string, parts: StoredParts): string {
  return parts === 'full' ? `azl-result-1-${key}` : `azl-without-debug-1-${key}`;
}

/** Opens the cache entries of results. Each is downloaded at most once at a time. @param tempDir a folder for downloads */
export function cacheEntries(local: Pick<ResultFiles, 'open' | 'put'>, cache: Cache, tempDir: string) {
  const damaged = new Set<string>();

  const fetch = async (key: string, name: string): Promise<Result | undefined> => {
    const entry = entryKey(key, 'full');
    const dir = join(tempDir, `cached-${key}`);
    const taken = `${dir}.taken`;
    await removeAll(dir, taken);
    try {
      if (!(await cache.fetch(key, entry, dir))) return undefined;
      const result = await readManifest(join(dir, resultFolder({ key }), manifestFile), key, name);
      await takeFiles(result, dir, taken);
      return await local.put(result, taken, true);
    } catch (error) {
      if (error instanceof DamagedResultError || error instanceof DamagedEntryError) damaged.add(entry);
      if (!(error instanceof DamagedEntryError)) throw error;
      throw new DamagedResultError({ package: name, key }, 'its cache entry', error.message);
    } finally {
      await removeAll(dir, taken);
    }
  };

  /** The folder stays until the end of the job. */
  const fetchWithoutDebug = async (result: Result): Promise<string | undefined> => {
    const entry = entryKey(result.key, 'without-debug');
    const dir = join(tempDir, `without-debug-${result.key}`);
    const taken = `${dir}.taken`;
    await removeAll(dir, taken);
    try {
      if (!(await cache.fetch(result.key, entry, dir))) return undefined;
      await takeFiles(result, dir, taken, filesWithoutDebug(result));
      return taken;
    } catch (error) {
      if (!(error instanceof DamagedResultError || error instanceof DamagedEntryError)) throw error;
      damaged.add(entry);
      return undefined;
    } finally {
      await removeAll(dir);
    }
  };

  const fetching = new Map<string, Promise<Result | undefined>>();
  const opened = new Map<string, Promise<string | undefined>>();
  return {
    /**
     * Downloads the entry with all files of a result into the local store.
     * @returns the result that it holds; undefined if there is no such entry
     * @throws CacheUnavailableError; DamagedResultError if it holds anything else
     */
    fetch: (key: string, name: string): Promise<Result | undefined> => {
      const running = fetching.get(key) ?? fetch(key, name).finally(() => fetching.delete(key));
      fetching.set(key, running);
      return running;
    },
    /**
     * Downloads the entry with the RPMs without debuginfo. They are no result: publishing needs the other files, too.
     * @returns their folder; undefined if there is no such entry, or it is damaged
     * @throws CacheUnavailableError
     */
    openWithoutDebug: async (result: Result): Promise<string | undefined> => {
      const before = opened.get(result.key);
      const folder = await before;
      // A job that is short of space removes the folder after use.
      if (folder !== undefined && !existsSync(folder) && opened.get(result.key) === before)
        opened.delete(result.key);
      const running = opened.get(result.key) ?? fetchWithoutDebug(result);
      opened.set(result.key, running);
      return await running;
    },
    /** Uploads these parts of a result from the local store. @throws CacheUnavailableError */
    save: async (result: Result, parts: StoredParts): Promise<void> => {
      const root = join(await local.open(result), '..', '..');
      const files = parts === 'full' ? resultFiles(result) : pathsWithoutDebug(result);
      const manifest = join(resultFolder(result), manifestFile);
      await cache.save(result.key, entryKey(result.key, parts), root, [...files, manifest]);
    },
    /** True if the entry is known to be damaged. An entry cannot be replaced. */
    isDamaged: (key: string, parts: StoredParts) => damaged.has(entryKey(key, parts)),
  };
}

async function removeAll(...folders: string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** @throws DamagedResultError unless the file is a manifest of this package under this key */
async function readManifest(path: string, key: string, name: string): Promise<Result> {
  try {
    const result = parseDocument(resultSchema, await readPlainFile(path, mostManifestBytes), '');
    checkResult(result, name, key);
    return result;
  } catch (error) {
    if (!(error instanceof InvalidDocumentError || isAbsent(error))) throw error;
    const reason = `is not usable: ${(error as Error).message}`;
    throw new DamagedResultError({ package: name, key }, manifestFile, reason);
  }
}
