import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { type Cache, CacheUnavailableError, DamagedEntryError } from '../../github/cache/cache.ts';
import { readJson } from '../../host/json-files.ts';
import { type ImageJson, imageSchema, isPlanned, type PlannedImage } from '../manifest/image-json.ts';
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
    /** Puts a planned image into `store`, if there is one. */
    fetch: async (planned: PlannedImage, store: ImageStore): Promise<void> => {
      const { key } = planned;
      const dir = join(tempDir, key);
      const taken = `${dir}.taken`;
      const clear = async () => {
        for (const one of [dir, taken]) await rm(one, { recursive: true, force: true });
      };
      await clear();
      try {
        if (!(await cache.fetch(place, entryKey(key), dir))) return;
        const image = await readJson(imageSchema, join(dir, imageFile));
        if (image === undefined || !isPlanned(image, planned) || !(await takeFiles(image, dir, taken)))
          return log.warn('The image in the cache is damaged: it is made again.');
        await store.put(image, taken);
      } catch (error) {
        if (!(error instanceof CacheUnavailableError || error instanceof DamagedEntryError)) throw error;
        log.warn(`The cache gives no answer about this image (${error.message}): it is made.`);
      } finally {
        await clear();
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

/**
 * Moves the files that an image lists, and the verdict on it, to a new folder: regular files, and nothing else. The store
 * compares their bytes.
 * @returns false if one of them is missing
 */
async function takeFiles({ files }: ImageJson, dir: string, taken: string): Promise<boolean> {
  await mkdir(taken);
  for (const { file } of files) {
    if (!(await isPlainFile(dir, file))) return false;
    await rename(join(dir, file), join(taken, file));
  }
  if (await isPlainFile(dir, bootFile)) await rename(join(dir, bootFile), join(taken, bootFile));
  return true;
}

async function isPlainFile(dir: string, name: string): Promise<boolean> {
  return (await lstat(join(dir, name)).catch(() => undefined))?.isFile() === true;
}
