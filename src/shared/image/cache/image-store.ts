import { lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { constant, digest, object } from '../../base/schema.ts';
import { fileDigest, textDigest } from '../../host/digests.ts';
import { moveFolder, removeAtOnce } from '../../host/folders.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { clearParts } from '../../host/temp-dir.ts';
import { bootTestRecipe } from '../boot-test/boot-overlay.ts';
import { type Verdict, verdictSchema } from '../boot-test/verdict.ts';
import { type ImageJson, imageSchema, isPlanned, type PlannedImage } from '../manifest/image-json.ts';

/** Number of images of a system that are kept: the current one, and the one before it, for an edit that is taken back. */
const keptImages = 2;

/** The JSON of an image, and its passed boot test, in the image's folder. */
export const imageFile = 'image.json';
export const bootFile = 'boot.json';

export interface KeptVerdict {
  schema: 'azl/boot-test';
  version: 1;
  /** Of the image. */
  key: string;
  /** Digest of {@link bootTestRecipe}. */
  recipe: string;
  verdict: Verdict;
}

export const keptVerdictSchema = object<KeptVerdict>({
  ...{ schema: constant('azl/boot-test'), version: constant(1), key: digest, recipe: digest },
  verdict: verdictSchema,
});

/** See {@link imageStore}. */
export type ImageStore = ReturnType<typeof imageStore>;

/**
 * Opens the image store in `dir`, which may not exist yet. It holds images by key:
 *
 *     <dir>/<key>/image.json   with the image's files beside it
 *     <dir>/<key>/boot.json    if it passed the boot test
 */
export function imageStore(dir: string, log: Log) {
  const folder = (key: string) => join(dir, key);
  const recipe = textDigest(bootTestRecipe);
  return {
    /** Digest of what boots an image: a verdict counts for one recipe. */
    recipe,
    /** Returns the folder of an image. */
    folder,
    /** Returns a planned image that is complete, after checking its files. A damaged one is logged and counts as absent. */
    get: async (planned: PlannedImage): Promise<ImageJson | undefined> => {
      const dir = folder(planned.key);
      const image = await readJson(imageSchema, join(dir, imageFile));
      if (image === undefined || !isPlanned(image, planned)) return undefined;
      for (const { file, size, sha256 } of image.files) {
        const path = join(dir, file);
        const found = await lstat(path).catch(() => undefined);
        if (found?.isFile() && found.size === size && (await fileDigest(path)) === sha256) continue;
        log.warn(`The stored image ${file} is damaged; it is made again.`);
        return undefined;
      }
      return image;
    },
    /** Moves a folder with an image's files into the store, in one rename. Removes the oldest images of its system. */
    put: async (image: ImageJson, from: string): Promise<void> => {
      await mkdir(dir, { recursive: true });
      await clearParts(dir);
      await writeJson(join(from, imageFile), image);
      await removeAtOnce(folder(image.key));
      await moveFolder(from, folder(image.key));
      for (const key of (await otherImages(dir, image)).slice(keptImages - 1))
        await removeAtOnce(folder(key));
    },
    /** Returns the verdict of a boot test that the image passed. Failures are not kept: the host may have caused them. */
    verdict: async (key: string): Promise<Verdict | undefined> => {
      const kept = await readJson(keptVerdictSchema, join(folder(key), bootFile));
      return kept?.recipe === recipe && kept.key === key && kept.verdict.passed ? kept.verdict : undefined;
    },
    keepVerdict: async (key: string, verdict: Verdict): Promise<void> => {
      await writeJson(join(folder(key), bootFile), {
        ...{ schema: 'azl/boot-test', version: 1, key, recipe, verdict },
      } satisfies KeptVerdict);
    },
  };
}

/** Returns the keys of other images of the same system, the newest first. */
async function otherImages(dir: string, { system, key }: ImageJson): Promise<string[]> {
  const found: { key: string; time: number }[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === key) continue;
    const path = join(dir, entry.name, imageFile);
    const other = await readJson(imageSchema, path);
    if (other?.system === system) found.push({ key: entry.name, time: (await stat(path)).mtimeMs });
  }
  return found.sort((a, b) => b.time - a.time).map((one) => one.key);
}
