import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { isName } from '../../base/untrusted.ts';
import { type Cache, CacheUnavailableError, DamagedEntryError } from '../../github/cache/cache.ts';
import { readJson } from '../../host/json-files.ts';
import type { ImageJson } from '../manifest/image-json.ts';
import { bootFile, type ImageStore, imageFile } from './image-store.ts';

/** See {@link imageCache}. */
export type ImageCache = ReturnType<typeof imageCache>;

const place = 'image';
const entryKey = (key: string) => `azl-image-1-${key}`;

/**
 * Opens the cache of images of earlier workflow runs. An image that cannot be fetched is made again, with the same bytes.
 * @param tempDir a folder for files in transit
 * @param saves true if this run saves images for later runs
 */
export function imageCache(cache: Cache, tempDir: string, saves: boolean, log: Log) {
  return {
    /** Puts the image with this key into `store`, if there is one. */
    fetch: async (key: string, store: ImageStore): Promise<void> => {
      const dir = join(tempDir, key);
      await rm(dir, { recursive: true, force: true });
      try {
        if (!(await cache.fetch(place, entryKey(key), dir))) return;
        const image =
          (await isPlainFile(dir, imageFile)) && (await readJson<ImageJson>(join(dir, imageFile)));
        if (!image || !(await hasPlainFiles(image, key, dir)))
          return log.warn('The image in the cache is damaged: it is made again.');
        await store.put(image, dir);
      } catch (error) {
        if (!(error instanceof CacheUnavailableError || error instanceof DamagedEntryError)) throw error;
        log.warn(`The cache gives no answer about this image (${error.message}): it is made.`);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    /** Saves the image in `folder` for later runs. */
    save: async (image: ImageJson, folder: string): Promise<void> => {
      if (!saves) return;
      const hasVerdict = await isPlainFile(folder, bootFile);
      const files = [imageFile, ...(hasVerdict ? [bootFile] : []), ...image.files.map(({ file }) => file)];
      // Without a saved copy the image is complete, too.
      await cache.save(place, entryKey(image.key), folder, files).catch((error: unknown) => {
        log.warn(`The image is not saved for later runs: ${(error as Error).message}`);
      });
    },
  };
}

/** True if an image lists plain files that are there. The store compares their bytes. */
async function hasPlainFiles(image: ImageJson, key: string, dir: string): Promise<boolean> {
  if (image.schema !== 'azl/image' || image.key !== key || !Array.isArray(image.files)) return false;
  const plain = image.files.map((one: { file?: unknown } | null) => isPlainFile(dir, one?.file));
  return (await Promise.all(plain)).every(Boolean);
}

async function isPlainFile(dir: string, name: unknown): Promise<boolean> {
  if (!isName(name)) return false;
  return (await lstat(join(dir, name)).catch(() => undefined))?.isFile() === true;
}
