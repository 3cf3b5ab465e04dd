import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debug } from '../base/debug.ts';
import { keyText } from '../cache-key/reason.ts';
import { fileDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import { lockFolder } from '../host/lock.ts';
import { clearLeftovers, ownFolder } from '../host/temp-dir.ts';
import { bootTest } from './boot-test/boot-test.ts';
import type { Verdict } from './boot-test/verdict.ts';
import type { ImageCache } from './cache/image-cache.ts';
import { type ImageStore, imageStore } from './cache/image-store.ts';
import { orFullDisk } from './disk/full-disk.ts';
import { makeImage } from './make-image.ts';
import type { ImageFile, ImageJson } from './manifest/image-json.ts';
import { type PlanOptions, planImage, progressOf } from './manifest/plan-image.ts';
import { publishImage, withdrawImages } from './out-images.ts';

export interface ComposeOptions extends Omit<PlanOptions, 'tempDir'> {
  outDir: string;
  buildDir: string;
  /** Seconds until the image must be up in its boot test; undefined: the test's own limit. */
  bootTimeout?: number | undefined;
  /** Images of other machines. */
  imageCache?: ImageCache | undefined;
}

export interface Composed {
  image: ImageJson;
  reused: boolean;
  /** Absent when the boot test is off. */
  verdict?: Verdict;
  /** True when the verdict is one of an earlier run. */
  verdictKept: boolean;
  /** Path of the serial log of the boot test, which may be one of an earlier run. */
  serialLog: string;
  /** Files in `<outDir>/images`: none when the boot test failed. */
  paths: string[];
  /** Path of the image's JSON in `<outDir>/images`; empty when the boot test failed. */
  manifest: string;
  /** The folder of the image in the image store. */
  stored: string;
}

/**
 * Makes an image or takes it from the image store, boots it unless it has passed before, and publishes it into
 * `<outDir>/images`. Older images of its system are removed there as soon as its key is known.
 */
export async function composeImage(options: ComposeOptions): Promise<Composed> {
  const { buildDir, cacheDir, outDir, signal } = options;
  const release = await lockFolder(buildDir, { signal });
  try {
    const scratch = join(buildDir, 'image');
    await mkdir(scratch, { recursive: true });
    await clearLeftovers(scratch, '', true);
    const work = await ownFolder(scratch, '');
    try {
      return await composeIn(work, options);
    } catch (error) {
      throw await orFullDisk(error, [buildDir, cacheDir, outDir]);
    } finally {
      await removeTree(work);
    }
  } finally {
    await release();
  }
}

async function composeIn(work: string, options: ComposeOptions): Promise<Composed> {
  const images = join(options.outDir, 'images');
  const plan = await planImage({ ...options, tempDir: join(work, 'repositories') });
  const { system, key, components } = plan.image;
  debug(() => keyText(`the image ${system}`, key, components, undefined));
  const store = imageStore(join(options.cacheDir, 'images'), options.log);
  const progress = progressOf(plan.config, options.log);
  await withdrawImages(images, (image) => image.system === system && image.key !== key);
  progress('looking for it in the store');
  let found = await store.get(plan.image);
  if (found === undefined && options.imageCache !== undefined) {
    await options.imageCache.fetch(plan.image, store);
    found = await store.get(plan.image);
  }
  const folder = join(work, 'files');
  const image = found ?? (await makeImage(plan, { ...options, folder, work, progress }));
  if (found === undefined) await store.put(image, folder);
  const stored = store.folder(key);
  const tested = await testImage(image, store, work, options);
  const passed = tested.verdict?.passed !== false;
  const composed = { image, reused: found !== undefined, ...tested, stored };
  if (found === undefined && passed) await options.imageCache?.save(image, stored);
  if (!passed) {
    await withdrawImages(images, (one) => one.system === system);
    return { ...composed, paths: [], manifest: '' };
  }
  progress('publishing');
  return { ...composed, ...(await publishImage(images, image, stored, options.signal)) };
}

/** Boots an image unless the boot test is off or the image has passed it before. */
async function testImage(
  image: ImageJson,
  store: ImageStore,
  work: string,
  options: ComposeOptions,
): Promise<Pick<Composed, 'verdict' | 'verdictKept' | 'serialLog'>> {
  const { log, buildDir, cacheDir, signal } = options;
  const serialLog = join(buildDir, 'logs', `image-${image.name}.serial.log`);
  if (!options.bootTest) return { verdictKept: false, serialLog };
  const kept = await store.verdict(image.key);
  if (kept !== undefined) return { verdict: kept, verdictKept: true, serialLog };
  log.info(`Booting ${image.name}`);
  log.progress(`image ${image.system}: preparing its boot test`);
  await mkdir(dirname(serialLog), { recursive: true });
  const { file, sha256 } = image.files.find(({ type }) => type === 'raw') as ImageFile;
  const raw = join(store.folder(image.key), file);
  const verdict = await bootTest({
    ...{ raw, ...image.boot, workDir: join(work, 'boot'), cacheDir, serialLog, log },
    ...{ timeoutSeconds: options.bootTimeout, signal },
  });
  if ((await fileDigest(raw)) !== sha256) throw new Error('the boot test changed the image that it booted');
  if (verdict.passed) await store.keepVerdict(image.key, verdict);
  return { verdict, verdictKept: false, serialLog };
}
