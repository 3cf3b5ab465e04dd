import { textDigest } from '../host/files.ts';
import type { Components } from '../key/key.ts';
import { nameOf } from '../rpm/capability.ts';
import { grubModules } from './boot-files.ts';
import type { ImageConfig } from './config.ts';
import { mke2fsConfig } from './disk.ts';
import { type Layout, mountedOn } from './layout.ts';
import type { NamedFiles } from './named-files.ts';
import type { BootTools, ImagePackage } from './packages.ts';
import { dracutArguments, settleHelper } from './root.ts';

/** Raise it when the code here makes other bytes of the same inputs: every image is then made once more. */
const imageRecipe = '2';

/** One file of an image. */
export interface ImageFile {
  file: string;
  type: 'raw' | 'qcow2';
  /** Bytes. */
  size: number;
  sha256: string;
}

/** An image as the store keeps it beside its files, and as `out/images/<name>.json` tells of it. */
export interface Image {
  schema: 'azl/image';
  version: 1;
  name: string;
  key: string;
  /** What the key was made of, by name. */
  components: Components;
  files: ImageFile[];
  /** Everything installed, sorted by file. */
  packages: { file: string; origin: 'local' | 'toolchain'; sha256: string }[];
  /** What a boot test must know: bytes from the start of the raw image, and a path in the filesystem there. */
  boot: { rootOffset: number; bootOffset: number; kernel: string };
}

/** The parts of an image's key. `tools`: versions of the host's tools that shape its bytes. Pure. */
export function imageComponents(options: {
  config: ImageConfig;
  named: NamedFiles;
  packages: readonly ImagePackage[];
  workerDigest: string;
  tools: Readonly<Record<string, string>>;
}): Components {
  const components: Components = {
    recipe: textDigest(
      JSON.stringify([imageRecipe, settleHelper, mke2fsConfig, dracutArguments('', ''), grubModules]),
    ),
    config: textDigest(JSON.stringify(options.config)),
    worker: options.workerDigest,
  };
  for (const [name, digest] of Object.entries(options.named.digests)) components[`file:${name}`] = digest;
  for (const { rpm } of options.packages) components[`installed:${rpm.file}`] = rpm.shipDigest;
  for (const [tool, version] of Object.entries(options.tools)) components[`tool:${tool}`] = version;
  return components;
}

/** What every identifier in an image follows from: the layout and the name, not the packages, no secret. Pure. */
export function imageSeed(config: ImageConfig): string {
  const { name, hostname, partitionSettings } = config.system;
  return textDigest(JSON.stringify([config.disk, name, hostname, partitionSettings]));
}

/** `<name>-<version of the release package>`: what the files of an image are called, without their ending. Pure. */
export function imageName(name: string, packages: readonly ImagePackage[]): string {
  const release = packages.find(({ rpm }) => rpm.provides.some((one) => nameOf(one) === 'system-release'));
  const plain = name.trim().replaceAll(' ', '-');
  return release === undefined ? plain : `${plain}-${release.rpm.version}`;
}

/** Where in the raw image a boot test finds root filesystem and kernel. Pure. */
export function bootPlace(layout: Layout, tools: BootTools): Image['boot'] {
  const root = mountedOn(layout, '/');
  const boot = mountedOn(layout, '/boot');
  const kernel = `vmlinuz-${tools.kernelRelease}`;
  return {
    rootOffset: root?.offset ?? 0,
    bootOffset: (boot ?? root)?.offset ?? 0,
    kernel: boot === undefined ? `/boot/${kernel}` : `/${kernel}`,
  };
}
