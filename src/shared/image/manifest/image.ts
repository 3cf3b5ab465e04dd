import { textDigest } from '../../host/digests.ts';
import type { Components } from '../../model/key-components.ts';
import { nameOf } from '../../rpm/capability.ts';
import type { ImageConfig } from '../config/config.ts';
import type { Artifact } from './image-manifest.ts';
import { type Layout, mountedOn } from './layout.ts';
import type { BootTools, ImagePackage } from './packages.ts';

/** One file of an image. */
export interface ImageFile extends Artifact {
  /** Bytes. */
  size: number;
  sha256: string;
}

/** Where an RPM of an image comes from: this run's results, a repository of others, or the toolchain. */
export type Origin = 'local' | 'repository' | 'toolchain';

/** An image as the store keeps it beside its files, and as `out/images/<name>.json` tells of it. */
export interface Image {
  schema: 'azl/image';
  version: 1;
  /** `<system>-<version>`. */
  name: string;
  /** The system's name in its config. An image takes the place of the one before it of the same system. */
  system: string;
  key: string;
  /** What the key was made of, by name. */
  components: Components;
  files: ImageFile[];
  /** Everything installed, sorted by file. */
  packages: { file: string; origin: Origin; sha256: string }[];
  /** What a boot test must know: bytes from the start of the raw image, and a path in the filesystem there. */
  boot: { rootOffset: number; bootOffset: number; kernel: string };
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
