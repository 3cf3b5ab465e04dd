import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { fileDigest, textDigest } from '../../host/digests.ts';
import { tempSibling } from '../../host/files.ts';
import { moveFolder } from '../../host/folders.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { clearParts } from '../../host/leftovers.ts';
import { bootTestRecipe } from '../boot-test/boot-overlay.ts';
import type { Verdict } from '../boot-test/verdict.ts';
import type { Image } from '../manifest/image.ts';

/** Images of one system that are kept: this one, and the one before it, to which an edit may be taken back. */
const keptImages = 2;

/** In the folder of an image: what it is, and that it passed the boot test. */
export const imageFile = 'image.json';
export const bootFile = 'boot.json';

interface KeptVerdict {
  /** Digest of what the boot test does inside. */
  recipe: string;
  verdict: Verdict;
}

export type ImageStore = ReturnType<typeof imageStore>;

/**
 * Images by key, in a folder:
 *
 *     <dir>/<key>/image.json   and its files beside it
 *     <dir>/<key>/boot.json    that it passed the boot test
 */
export function imageStore(dir: string, log: Log) {
  const place = (key: string) => join(dir, key);
  const recipe = textDigest(bootTestRecipe);
  const forget = async (key: string) => {
    const old = tempSibling(place(key));
    await rename(place(key), old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(old, { recursive: true, force: true });
  };
  /** Keys of the other images of a system, the newest first. */
  const olderOf = async ({ system, key }: Image) => {
    const found: { key: string; time: number }[] = [];
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name === key) continue;
      const path = join(dir, entry.name, imageFile);
      const other = await readJson<Image>(path);
      if (other?.system === system) found.push({ key: entry.name, time: (await stat(path)).mtimeMs });
    }
    return found.sort((a, b) => b.time - a.time).map((one) => one.key);
  };
  return {
    place,
    /** A whole image, its files checked; a damaged one is said and counts as absent. */
    get: async (key: string): Promise<Image | undefined> => {
      const image = await readJson<Image>(join(place(key), imageFile));
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
    /** Takes over a folder with an image's files. It appears by one rename, whole; older ones of its system give way. */
    put: async (image: Image, folder: string): Promise<void> => {
      await mkdir(dir, { recursive: true });
      await clearParts(dir);
      await writeJson(join(folder, imageFile), image);
      await forget(image.key);
      await moveFolder(folder, place(image.key));
      for (const key of (await olderOf(image)).slice(keptImages - 1)) await forget(key);
    },
    /** The verdict of a boot test that this image passed. Failures are not kept: they may be the host's. */
    verdict: async (key: string): Promise<Verdict | undefined> => {
      const kept = await readJson<KeptVerdict>(join(place(key), bootFile));
      return kept?.recipe === recipe && kept.verdict.passed ? kept.verdict : undefined;
    },
    keepVerdict: async (key: string, verdict: Verdict): Promise<void> => {
      await writeJson(join(place(key), bootFile), { recipe, verdict } satisfies KeptVerdict);
    },
  };
}
