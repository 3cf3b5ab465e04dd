import type { Components } from '../../model/build-result.ts';
import { bootPartition, type Layout, rootPartition } from '../disk/layout.ts';
import type { BootTools } from '../packages/boot-tools.ts';
import type { Origin } from '../packages/choose-packages.ts';
import type { Artifact } from './image-manifest.ts';

/** One file of an image. */
export interface ImageFile extends Artifact {
  /** Bytes. */
  size: number;
  sha256: string;
}

/**
 * The JSON file beside an image: `out/images/<name>.json`, and `image.json` in the image store. It describes a finished
 * image; see docs/schema/image.schema.json.
 */
export interface ImageJson {
  schema: 'azl/image';
  version: 1;
  /** `<system>-<version>`. */
  name: string;
  /** The system's name in its config. An image replaces the previous image of its system. */
  system: string;
  key: string;
  /** The components of the key, by name. */
  components: Components;
  files: ImageFile[];
  /** All installed packages, sorted by file. */
  packages: { file: string; origin: Origin; sha256: string }[];
  boot: BootPlace;
}

/** The places of root filesystem and kernel, for a boot test. */
export interface BootPlace {
  /** Bytes from the start of the raw image to the root filesystem. */
  rootOffset: number;
  /** Bytes from the start of the raw image to the filesystem with the kernel. */
  bootOffset: number;
  /** Path of the kernel in that filesystem. */
  kernel: string;
}

/** Returns the places of root filesystem and kernel in the raw image. Pure. */
export function bootPlace(layout: Layout, tools: BootTools): BootPlace {
  const { partition, folder } = bootPartition(layout);
  return {
    rootOffset: rootPartition(layout).offset,
    bootOffset: partition.offset,
    kernel: `${folder}/vmlinuz-${tools.kernelRelease}`,
  };
}
