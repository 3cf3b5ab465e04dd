import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { aside, fileDigest, moveFolder, readJson, textDigest, writeJson } from '../host/files.ts';
import type { Log } from '../log.ts';
import { bootTestRecipe } from './boot-layer.ts';
import type { Image } from './image.ts';
import type { Verdict } from './verdict.ts';

interface KeptVerdict {
  /** Digest of what the boot test does inside. */
  recipe: string;
  verdict: Verdict;
}

/**
 * Images by key, in a folder:
 *
 *     <dir>/<key>/image.json   and its files beside it
 *     <dir>/<key>/boot.json    that it passed the boot test
 */
export function imageStore(dir: string, log: Log) {
  const place = (key: string) => join(dir, key);
  const recipe = textDigest(bootTestRecipe);
  return {
    place,
    /** A whole image, its files checked; a damaged one is said and counts as absent. */
    get: async (key: string): Promise<Image | undefined> => {
      const image = await readJson<Image>(join(place(key), 'image.json'));
      if (image?.schema !== 'azl/image' || image.version !== 1 || image.key !== key) return undefined;
      for (const { file, size, sha256 } of image.files) {
        const path = join(place(key), file);
        const found = await stat(path).catch(() => undefined);
        if (found?.size === size && (await fileDigest(path)) === sha256) continue;
        log.warn(`The stored image ${file} is damaged; it is made again.`);
        return undefined;
      }
      return image;
    },
    /** Takes over a folder with an image's files. It appears by one rename, whole. */
    put: async (image: Image, folder: string): Promise<void> => {
      await writeJson(join(folder, 'image.json'), image);
      await mkdir(dir, { recursive: true });
      const old = aside(place(image.key));
      await rename(place(image.key), old).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await moveFolder(folder, place(image.key));
      await rm(old, { recursive: true, force: true });
    },
    /** The verdict of a boot test that this image passed. Failures are not kept: they may be the host's. */
    verdict: async (key: string): Promise<Verdict | undefined> => {
      const kept = await readJson<KeptVerdict>(join(place(key), 'boot.json'));
      return kept?.recipe === recipe && kept.verdict.passed ? kept.verdict : undefined;
    },
    keepVerdict: async (key: string, verdict: Verdict): Promise<void> => {
      await writeJson(join(place(key), 'boot.json'), { recipe, verdict } satisfies KeptVerdict);
    },
  };
}
