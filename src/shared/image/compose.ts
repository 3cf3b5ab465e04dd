import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keyOf } from '../cache-key/key.ts';
import { fileDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import { clearLeftovers, ownFolder } from '../host/leftovers.ts';
import { lockFolder } from '../host/lock.ts';
import { runTool } from '../host/process.ts';
import { verifiedRpms } from '../toolchain/verified.ts';
import { bootTest } from './boot-test/boot-test.ts';
import type { Verdict } from './boot-test/verdict.ts';
import type { ImageCache } from './cache/image-cache.ts';
import { type ImageStore, imageStore } from './cache/image-store.ts';
import { orFullDisk } from './disk/full-disk.ts';
import { writeDisk } from './disk/write-disk.ts';
import { bootPlace, type Image, type ImageFile, imageName } from './manifest/image.ts';
import { type ImagePlan, type PlanOptions, planImage, progressOf } from './manifest/plan-image.ts';
import { publishImage, withdrawImages } from './out-images.ts';
import { makeTrees } from './rootfs/make-trees.ts';

/** Seconds that an image has to come up; emulated, and beside other work, it takes minutes. */
const bootSeconds = 900;

export interface ComposeOptions extends Omit<PlanOptions, 'tempDir'> {
  outDir: string;
  buildDir: string;
  bootTest: boolean;
  /** What other machines made. */
  spare?: ImageCache | undefined;
}

export interface Composed {
  image: Image;
  reused: boolean;
  /** Absent when the boot test is off. */
  verdict?: Verdict;
  /** True when the verdict is one of an earlier run. */
  verdictKept: boolean;
  /** Where the boot test's serial log of a failed boot, or of the last one, lies. */
  serialLog: string;
  /** Files in `<outDir>/images`: none when the boot test failed. */
  paths: string[];
  /** The published image.json; empty when the boot test failed. */
  manifest: string;
  /** The folder of the store that holds the image. */
  stored: string;
}

async function fetchSpare(
  { spare }: ComposeOptions,
  key: string,
  store: ImageStore,
): Promise<Image | undefined> {
  if (spare === undefined) return undefined;
  await spare.fetch(key, store);
  return await store.get(key);
}

/**
 * Makes an image, or takes it from the store; boots it, unless that was done; puts it into `<outDir>/images`, where from
 * the moment in which it is known to be another one nothing of its system lies that is older.
 */
export async function composeImage(options: ComposeOptions): Promise<Composed> {
  const release = await lockFolder(options.buildDir, { signal: options.signal });
  try {
    return await composeLocked(options);
  } finally {
    await release();
  }
}

async function composeLocked(options: ComposeOptions): Promise<Composed> {
  const { log, buildDir, cacheDir } = options;
  const images = join(options.outDir, 'images');
  const scratch = join(buildDir, 'image');
  await mkdir(scratch, { recursive: true });
  await clearLeftovers(scratch, '', true);
  const work = await ownFolder(scratch, '');
  try {
    const plan = await planImage({ ...options, tempDir: join(work, 'repositories') });
    const key = keyOf(plan.components);
    const system = plan.config.system.name;
    const name = imageName(system, plan.packages);
    const store = imageStore(join(cacheDir, 'images'), log);
    const progress = progressOf(plan.config, log);
    await withdrawImages(images, (image) => image.system === system && image.key !== key);
    progress('looking for it in the store');
    const stored = (await store.get(key)) ?? (await fetchSpare(options, key, store));
    const image = stored ?? (await make(options, plan, key, name, work));
    if (stored === undefined) await store.put(image, join(work, 'files'));
    const serialLog = join(buildDir, 'logs', `image-${name}.serial.log`);
    const kept = await store.verdict(key);
    let verdict = options.bootTest ? kept : undefined;
    if (options.bootTest && verdict === undefined) {
      log.info(`Booting ${name}`);
      progress('preparing its boot test');
      verdict = await boot(options, image, store.place(key), work, serialLog);
      if (verdict.passed) await store.keepVerdict(key, verdict);
    }
    const composed = {
      image,
      reused: stored !== undefined,
      ...(verdict === undefined ? {} : { verdict }),
      verdictKept: verdict !== undefined && kept !== undefined,
      serialLog,
      stored: store.place(key),
    };
    if (stored === undefined && verdict?.passed !== false) await options.spare?.save(image, store.place(key));
    if (verdict?.passed === false) {
      await withdrawImages(images, (one) => one.system === system);
      return { ...composed, paths: [], manifest: '' };
    }
    progress('publishing');
    return { ...composed, ...(await publishImage(images, image, store.place(key), options.signal)) };
  } catch (error) {
    throw await orFullDisk(error, [buildDir, cacheDir, options.outDir]);
  } finally {
    await removeTree(work);
  }
}

async function make(
  options: ComposeOptions,
  plan: ImagePlan,
  key: string,
  name: string,
  work: string,
): Promise<Image> {
  const { log, configFile: file } = options;
  const { config, named, packages, manifest: blueprint } = plan;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const prebuilt = packages.filter(({ origin }) => origin === 'toolchain').map(({ rpm }) => rpm);
  const toolchainRpms = await verifiedRpms(options.toolchainDir, prebuilt);
  const progress = progressOf(config, log);
  log.info(`Making ${name} of ${packages.length} packages`);
  const trees = await makeTrees({
    ...{ blueprint: blueprint.root, named, file, progress },
    rpms: packages.map(({ origin, rpm }) => ({
      rpm,
      dir: origin === 'toolchain' ? toolchainRpms : (plan.folders.get(rpm) as string),
    })),
    worker: join(options.toolchainDir, 'worker'),
    workDir: join(work, 'root'),
    ...signal,
  });
  progress('writing the disk');
  const folder = join(work, 'files');
  await mkdir(folder);
  const raw = join(work, 'disk.raw');
  await writeDisk({ raw, blueprint: blueprint.disk, trees, file, ...signal });
  // Room for the copies that follow.
  await removeTree(join(work, 'root'));
  const files: ImageFile[] = [];
  for (const artifact of blueprint.artifacts) {
    const path = join(folder, artifact.file);
    progress(`${artifact.type === 'raw' ? 'copying to' : 'converting to'} ${artifact.file}`);
    if (artifact.type === 'raw')
      await runTool(['cp', '--sparse=always', '--reflink=auto', raw, path], signal);
    else await runTool(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, path], signal);
    progress(`taking the digest of ${artifact.file}`);
    const { size } = await stat(path);
    files.push({ ...artifact, size, sha256: await fileDigest(path) });
  }
  return {
    schema: 'azl/image',
    version: 1,
    ...{ name, system: config.system.name, key, components: plan.components, files },
    packages: packages.map(({ origin, rpm }) => ({ file: rpm.file, origin, sha256: rpm.shipDigest })),
    boot: bootPlace(plan.layout, plan.tools),
  };
}

async function boot(
  options: ComposeOptions,
  image: Image,
  folder: string,
  work: string,
  serialLog: string,
): Promise<Verdict> {
  await mkdir(dirname(serialLog), { recursive: true });
  const raw = image.files.find(({ type }) => type === 'raw') as ImageFile;
  const verdict = await bootTest({
    raw: join(folder, raw.file),
    ...image.boot,
    workDir: join(work, 'boot'),
    cacheDir: options.cacheDir,
    serialLog,
    log: options.log,
    timeoutSeconds: bootSeconds,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if ((await fileDigest(join(folder, raw.file))) !== raw.sha256)
    throw new Error('the boot test changed the image that it booted');
  return verdict;
}
