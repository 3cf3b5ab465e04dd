import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../host/files.ts';
import { namesIn } from '../host/folders.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { runTool } from '../host/process.ts';
import { clearParts } from '../host/temp-dir.ts';
import { imageFormats } from './config/schema-table.ts';
import { type ImageJson, imageSchema } from './manifest/image-json.ts';

/*
 * `<out-dir>/images` holds exactly the files of the images whose JSON lies there, one image of each system:
 *
 *     <dir>/<name>.json   the image's JSON, with the files that it lists beside it
 *
 * An image's JSON is written after its files and removed after them. So a killed run leaves no JSON without its files.
 */

/** Removes the images for which `isStale` is true, and image files that no JSON lists. */
export async function withdrawImages(dir: string, isStale: (image: ImageJson) => boolean): Promise<void> {
  const found = await readImages(dir);
  const stale = found.filter(({ image }) => isStale(image));
  const kept = found.filter((one) => !stale.includes(one));
  const listed = new Set(kept.flatMap(({ image }) => image.files.map(({ file }) => file)));
  for (const name of await namesIn(dir))
    if (imageFormats.some((format) => name.endsWith(`.${format}`)) && !listed.has(name))
      await rm(join(dir, name));
  await clearParts(dir);
  for (const { path } of stale) await rm(path);
}

/**
 * Copies an image's files out of `folder`, each in one rename. Images of its system, and images with one of its names,
 * are removed first.
 * @returns the paths of the files, and of the image's JSON
 */
export async function publishImage(
  dir: string,
  image: ImageJson,
  folder: string,
  signal?: AbortSignal,
): Promise<{ paths: string[]; manifest: string }> {
  const names = new Set(image.files.map(({ file }) => file));
  await withdrawImages(dir, ({ key, system, name, files }) => {
    const hasSameName = name === image.name || files.some(({ file }) => names.has(file));
    return key !== image.key && (system === image.system || hasSameName);
  });
  await mkdir(dir, { recursive: true });
  const paths: string[] = [];
  for (const { file } of image.files) {
    const path = join(dir, file);
    const copy = ['cp', '--sparse=always', '--reflink=auto', '--', join(folder, file)];
    await replaceFile(path, (part) => runTool([...copy, part], { signal }));
    paths.push(path);
  }
  const manifest = join(dir, `${image.name}.json`);
  await writeJson(manifest, image);
  return { paths, manifest };
}

async function readImages(dir: string): Promise<{ path: string; image: ImageJson }[]> {
  const found: { path: string; image: ImageJson }[] = [];
  for (const name of await namesIn(dir)) {
    if (!name.endsWith('.json')) continue;
    const path = join(dir, name);
    const image = await readJson(imageSchema, path);
    if (image !== undefined) found.push({ path, image });
  }
  return found;
}
