import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tempSibling } from '../host/files.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { clearParts } from '../host/leftovers.ts';
import { runTool } from '../host/process.ts';
import type { Image } from './manifest/image.ts';

/*
 * `<out-dir>/images` holds exactly the files of the images whose manifests lie there, one image of each system:
 *
 *     <dir>/<name>.json   the manifest, and the files that it lists beside it
 */

/**
 * Takes away the images that `isStale` points at, and image files that no manifest lists. Manifests go last and are
 * written last, so that a run that is killed leaves nothing that counts as an image without being one.
 */
export async function withdrawImages(dir: string, isStale: (image: Image) => boolean): Promise<void> {
  const manifests = await readManifests(dir);
  const stale = manifests.filter(({ image }) => isStale(image));
  const kept = manifests.filter((one) => !stale.includes(one));
  const listed = new Set(kept.flatMap(({ image }) => image.files.map(({ file }) => file)));
  for (const name of await namesIn(dir))
    if (/\.(raw|qcow2)$/.test(name) && !listed.has(name)) await rm(join(dir, name));
  await clearParts(dir);
  for (const { path } of stale) await rm(path);
}

/**
 * Copies an image's files out of `folder`, each whole or not at all, in place of what was there of its system or under
 * one of its names. Answers their paths, and that of the manifest.
 */
export async function publishImage(
  dir: string,
  image: Image,
  folder: string,
  signal?: AbortSignal,
): Promise<{ paths: string[]; manifest: string }> {
  const names = new Set(image.files.map(({ file }) => file));
  await withdrawImages(
    dir,
    (other) =>
      other.key !== image.key &&
      (other.system === image.system ||
        other.name === image.name ||
        other.files.some(({ file }) => names.has(file))),
  );
  await mkdir(dir, { recursive: true });
  const paths: string[] = [];
  for (const { file } of image.files) {
    const path = join(dir, file);
    const part = tempSibling(path);
    try {
      const argv = ['cp', '--sparse=always', '--reflink=auto', '--', join(folder, file), part];
      await runTool(argv, signal === undefined ? {} : { signal });
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    paths.push(path);
  }
  const manifest = join(dir, `${image.name}.json`);
  await writeJson(manifest, image);
  return { paths, manifest };
}

async function readManifests(dir: string): Promise<{ path: string; image: Image }[]> {
  const found: { path: string; image: Image }[] = [];
  for (const name of await namesIn(dir)) {
    if (!name.endsWith('.json')) continue;
    const path = join(dir, name);
    const image = await readJson<Image>(path);
    if (image?.schema === 'azl/image' && image.version === 1 && Array.isArray(image.files))
      found.push({ path, image });
  }
  return found;
}

async function namesIn(dir: string): Promise<string[]> {
  return await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
