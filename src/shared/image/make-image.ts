import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted } from '../base/counted.ts';
import { fileDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import { runTool } from '../host/process.ts';
import { runHostTool } from '../sandbox/host-tool.ts';
import { verifiedRpms } from '../toolchain/verified-rpms.ts';
import { writeDisk } from './disk/write-disk.ts';
import { type ImageFile, type ImageJson, imageJson } from './manifest/image-json.ts';
import type { Artifact } from './manifest/image-manifest.ts';
import type { ImagePlan, PlanOptions } from './manifest/plan-image.ts';
import { makeTrees } from './rootfs/make-trees.ts';

export interface MakeOptions extends Pick<PlanOptions, 'configFile' | 'toolchainDir' | 'log' | 'signal'> {
  /** A new folder for the image's files. */
  folder: string;
  /** A folder for everything else; the caller removes it. */
  work: string;
  /** Shows the current step. */
  progress: (does: string) => void;
}

/** Makes an image as planned: its root filesystem, its disk, and the files of its artifacts. */
export async function makeImage(plan: ImagePlan, options: MakeOptions): Promise<ImageJson> {
  const { configFile: file, toolchainDir, folder, work, progress, log, signal } = options;
  const { named, packages, manifest, image } = plan;
  const prebuilt = packages.filter(({ origin }) => origin === 'toolchain').map(({ rpm }) => rpm);
  const toolchainRpms = await verifiedRpms(toolchainDir, prebuilt);
  log.info(`Making ${image.name} of ${counted(packages.length, 'package')}`);
  const trees = await makeTrees({
    ...{ manifest: manifest.root, named, file, progress, log, signal },
    rpms: packages.map(({ origin, rpm }) => ({
      rpm,
      path: origin === 'toolchain' ? join(toolchainRpms, rpm.file) : (plan.paths.get(rpm) as string),
    })),
    worker: join(toolchainDir, 'worker'),
    workDir: join(work, 'root'),
  });
  progress('writing the disk');
  await mkdir(folder);
  const raw = join(work, 'disk.raw');
  await writeDisk({ raw, manifest: manifest.disk, trees, workDir: join(work, 'disk'), file, signal });
  // Frees space for the copies that follow.
  await removeTree(join(work, 'root'));
  const files: ImageFile[] = [];
  for (const artifact of manifest.artifacts)
    files.push(await writeArtifact(artifact, raw, { folder, progress, signal }));
  return imageJson(image, files);
}

/** Makes one file of the image from the raw disk. */
async function writeArtifact(
  { file, type }: Artifact,
  raw: string,
  { folder, progress, signal }: Pick<MakeOptions, 'folder' | 'progress' | 'signal'>,
): Promise<ImageFile> {
  const path = join(folder, file);
  progress(`${type === 'raw' ? 'copying to' : 'converting to'} ${file}`);
  if (type === 'raw') await runTool(['cp', '--sparse=always', '--reflink=auto', raw, path], { signal });
  else await convert(type, raw, path, signal);
  progress(`taking the digest of ${file}`);
  const { size } = await stat(path);
  return { file, type, size, sha256: await fileDigest(path) };
}

/** Converts a raw image. qemu-img reads what strangers wrote: it sees that, and the file that it writes. */
async function convert(type: string, raw: string, path: string, signal?: AbortSignal): Promise<void> {
  const [source, target] = ['/azl/raw', '/azl/converted'];
  await writeFile(path, '', { flag: 'wx' });
  await runHostTool(['qemu-img', 'convert', '-f', 'raw', '-O', type, source, target], {
    as: 'root',
    binds: [
      { source: raw, target: source },
      { source: path, target, writable: true },
    ],
    signal,
  });
}
