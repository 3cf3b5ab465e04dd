import { isDeepStrictEqual } from 'node:util';
import { constant, digest, integer, list, object, oneOf, plainName, text, word } from '../../base/schema.ts';
import { rpmFilePattern } from '../../base/untrusted.ts';
import { type Components, componentsSchema } from '../../model/build-result.ts';
import { imageFormats } from '../config/schema-table.ts';
import { bootPartition, type Layout, rootPartition } from '../disk/layout.ts';
import type { BootTools } from '../packages/boot-tools.ts';
import { type Origin, origins } from '../packages/choose-packages.ts';
import { longestLicense } from '../packages/licenses.ts';
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
  packages: { file: string; origin: Origin; license: string; sha256: string }[];
  boot: BootPlace;
}

/** An image before it is made: all of its JSON but the sizes and digests of its files follows from its plan. */
export interface PlannedImage extends Omit<ImageJson, 'schema' | 'version' | 'files'> {
  files: Artifact[];
}

/** Returns the JSON of a planned image that was made. Pure. */
export function imageJson({ files: _planned, ...planned }: PlannedImage, files: ImageFile[]): ImageJson {
  return { schema: 'azl/image', version: 1, ...planned, files };
}

/** True if an image that another job or machine made says of itself exactly what this plan says. Pure. */
export function isPlanned(
  { schema: _schema, version: _version, ...image }: ImageJson,
  planned: PlannedImage,
): boolean {
  const files = image.files.map(({ file, type }) => ({ file, type }));
  return isDeepStrictEqual({ ...image, files }, planned);
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

export const imageSchema = object<ImageJson>({
  ...{ schema: constant('azl/image'), version: constant(1), name: plainName, system: word(), key: digest },
  components: componentsSchema,
  files: list(
    object<ImageFile>({ file: plainName, type: oneOf(...imageFormats), size: integer(), sha256: digest }),
    100,
    1,
  ),
  packages: list(
    object<ImageJson['packages'][number]>({
      ...{ file: text(255, rpmFilePattern), origin: oneOf(...origins) },
      ...{ license: text(longestLicense), sha256: digest },
    }),
    100_000,
  ),
  boot: object<BootPlace>({
    ...{ rootOffset: integer(), bootOffset: integer(), kernel: text(4096, /^\//) },
  }),
});
