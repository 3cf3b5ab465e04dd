import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest, textDigest } from '../host/digests.ts';
import { isAbsent } from '../host/files.ts';
import { moveFolder, removeAtOnce } from '../host/folders.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { clearParts } from '../host/leftovers.ts';
import type { Result } from '../model/build-result.ts';
import { manifestFile } from './result-files.ts';
import { DamagedResultError, type Latest, type Store } from './store.ts';

/** Holds the SHA-256 of the manifest, which holds those of all other files. */
const digestFile = 'result.sha256';

/**
 * A store in a folder:
 *
 *     <dir>/results/<first two hex digits>/<key>/   result.json, its digest, and the SRPM and RPMs
 *     <dir>/latest/<package>.json                   what is remembered of the package's newest result
 *
 * A result appears by one rename: whoever finds its folder finds all of it.
 */
export function directoryStore(dir: string): Store {
  const place = (key: string) => join(dir, 'results', key.slice(0, 2), key);
  const checked = new Set<string>();
  let swept: Promise<void> | undefined;

  const open = async (result: Result): Promise<string> => {
    const at = place(result.key);
    if (checked.has(result.key)) return at;
    for (const { file, size, shipDigest } of [result.srpm, ...result.rpms]) {
      const found = await stat(join(at, file)).catch(() => undefined);
      if (found === undefined) throw new DamagedResultError(result, file, 'is missing');
      if (found.size !== size)
        throw new DamagedResultError(result, file, `has ${found.size} bytes instead of ${size}`);
      if ((await fileDigest(join(at, file))) !== shipDigest) {
        throw new DamagedResultError(result, file, 'has another SHA-256 than when it was stored');
      }
    }
    checked.add(result.key);
    return at;
  };

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const digest = await readText(join(place(key), digestFile));
    if (digest === undefined) return undefined;
    const text = (await readText(join(place(key), manifestFile))) ?? '';
    if (textDigest(text) !== digest.trim()) {
      const fault = 'is not what was stored';
      throw new DamagedResultError({ package: name, key }, manifestFile, fault);
    }
    const result = JSON.parse(text) as Result;
    const known = result.schema === 'azl/result' && result.version === 1;
    return known && result.key === key && result.package === name ? result : undefined;
  };

  const drop = async (key: string): Promise<void> => {
    checked.delete(key);
    await removeAtOnce(place(key));
  };

  /** The result under a key when it is whole. */
  const whole = async (key: string, name: string): Promise<Result | undefined> => {
    try {
      const there = await get(key, name);
      if (there !== undefined) await open(there);
      return there;
    } catch (error) {
      if (error instanceof DamagedResultError) return undefined;
      throw error;
    }
  };

  /** Gives `filesDir` its place, or finds that another whole result was first. */
  const settle = async (result: Result, filesDir: string): Promise<Result> => {
    for (;;) {
      try {
        await moveFolder(filesDir, place(result.key));
        checked.add(result.key);
        return result;
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
      const there = await whole(result.key, result.package);
      if (there !== undefined) {
        await rm(filesDir, { recursive: true, force: true });
        return there;
      }
      await drop(result.key);
    }
  };

  return {
    get,
    search: get,
    // What is kept here is what later runs find.
    offer: () => {},
    saved: () => 'full',
    flush: async () => {},
    check: async (result) => {
      await open(result);
    },
    storedParts: async () => 'full',
    open,
    openWithoutDebug: open,
    drop,
    put: async (result, filesDir, replace) => {
      swept ??= sweep(join(dir, 'results'));
      await swept;
      await writeJson(join(filesDir, manifestFile), result);
      await writeFile(join(filesDir, digestFile), `${await fileDigest(join(filesDir, manifestFile))}\n`);
      await mkdir(join(place(result.key), '..'), { recursive: true });
      if (replace) await drop(result.key);
      const kept = await settle(result, filesDir);
      const { key, components, seconds } = kept;
      await writeJson(join(dir, 'latest', `${result.package}.json`), { key, components, seconds });
      return kept;
    },
    latest: async (name) => {
      const latest = await readJson<Latest>(join(dir, 'latest', `${name}.json`));
      return latest?.components === undefined ? undefined : latest;
    },
  };
}

/** Removes what killed runs left half-moved. */
async function sweep(results: string): Promise<void> {
  for (const name of await readdir(results).catch(() => [])) await clearParts(join(results, name));
}

async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}
