import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { isName } from '../../base/untrusted.ts';
import { type Cache, CacheUnavailableError, DamagedEntryError } from '../../github/cache/cache.ts';
import { readJson } from '../../host/json-files.ts';
import type { Image } from '../manifest/image.ts';
import { bootFile, type ImageStore, imageFile } from './image-store.ts';

/** Images that earlier runs of the workflow left, by key. What cannot be had is made again, with the same bytes. */
export interface ImageCache {
  /** Puts the image under a key into `store`, if there is one. */
  fetch(key: string, store: ImageStore): Promise<void>;
  /** Leaves the image in `folder` to later runs. */
  save(image: Image, folder: string): Promise<void>;
}

const place = 'image';

function entryKey(key: string): string {
  return `azl-image-1-${key}`;
}

/**
 * @param tempDir a folder for files on their way
 * @param saves whether this run leaves anything to later ones
 */
export function imageCache(cache: Cache, tempDir: string, saves: boolean, log: Log): ImageCache {
  return {
    fetch: async (key, store) => {
      const dir = join(tempDir, `spare-${key}`);
      await rm(dir, { recursive: true, force: true });
      try {
        if (!(await cache.fetch(place, entryKey(key), dir))) return;
        const image = (await isPlainFile(dir, imageFile)) && (await readJson<Image>(join(dir, imageFile)));
        if (!image || !(await holdsPlainFiles(image, key, dir)))
          return log.warn('The image that an earlier run left is not what was left: it is made again.');
        await store.put(image, dir);
      } catch (error) {
        if (!(error instanceof CacheUnavailableError || error instanceof DamagedEntryError)) throw error;
        log.warn(`Whether an earlier run left this image is not known (${error.message}): it is made.`);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    save: async (image, folder) => {
      if (!saves) return;
      const kept =
        (await lstat(join(folder, bootFile)).catch(() => undefined)) === undefined ? [] : [bootFile];
      const files = [imageFile, ...kept, ...image.files.map(({ file }) => file)];
      try {
        await cache.save(place, entryKey(image.key), folder, files);
      } catch (error) {
        // This run has it all the same.
        log.warn(`The image is not left to later runs: ${(error as Error).message}`);
      }
    },
  };
}

/** Whether an image names plain files that are there; the store compares their bytes. */
async function holdsPlainFiles(image: Image, key: string, dir: string): Promise<boolean> {
  if (image.schema !== 'azl/image' || image.key !== key || !Array.isArray(image.files)) return false;
  const plain = image.files.map((one: { file?: unknown } | null) => isPlainFile(dir, one?.file));
  return (await Promise.all(plain)).every(Boolean);
}

async function isPlainFile(dir: string, name: unknown): Promise<boolean> {
  if (!isName(name)) return false;
  return (await lstat(join(dir, name)).catch(() => undefined))?.isFile() === true;
}
