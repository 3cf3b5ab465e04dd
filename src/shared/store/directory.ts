import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { aside, fileDigest, moveFolder, readJson, writeJson } from '../host/files.ts';
import type { Result } from '../result/result.ts';
import { DamagedResult, type Store } from './store.ts';

/**
 * A store in a folder:
 *
 *     <dir>/results/<first two hex digits>/<key>/result.json and the SRPM and RPMs beside it
 *     <dir>/latest/<package>.json    the key of the package's newest result
 *
 * A result appears by one rename: whoever finds its folder finds all of it.
 */
export function directoryStore(dir: string): Store {
  const place = (key: string) => join(dir, 'results', key.slice(0, 2), key);
  const opened = new Set<string>();

  const get = async (key: string): Promise<Result | undefined> => {
    const result = await readJson<Result>(join(place(key), 'result.json'));
    return result?.schema === 'azl/result' && result.version === 1 && result.key === key ? result : undefined;
  };

  return {
    get,
    open: async (result) => {
      const at = place(result.key);
      if (opened.has(result.key)) return at;
      for (const { file, size, shipDigest } of [result.srpm, ...result.rpms]) {
        const found = await stat(join(at, file)).catch(() => undefined);
        if (found === undefined) throw new DamagedResult(result, file, 'is missing');
        if (found.size !== size)
          throw new DamagedResult(result, file, `has ${found.size} bytes instead of ${size}`);
        if ((await fileDigest(join(at, file))) !== shipDigest) {
          throw new DamagedResult(result, file, 'has another SHA-256 than when it was stored');
        }
      }
      opened.add(result.key);
      return at;
    },
    put: async (result, filesDir) => {
      await writeJson(join(filesDir, 'result.json'), result);
      const at = place(result.key);
      await mkdir(join(at, '..'), { recursive: true });
      const old = aside(at);
      await rename(at, old).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await moveFolder(filesDir, at);
      await rm(old, { recursive: true, force: true });
      opened.add(result.key);
      await writeJson(join(dir, 'latest', `${result.package}.json`), { key: result.key });
    },
    drop: async (key) => {
      opened.delete(key);
      const old = aside(place(key));
      await rename(place(key), old).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await rm(old, { recursive: true, force: true });
    },
    latest: async (name) => {
      const pointer = await readJson<{ key: string }>(join(dir, 'latest', `${name}.json`));
      return pointer === undefined ? undefined : await get(pointer.key);
    },
  };
}
