import { textDigest } from '../../host/digests.ts';
import type { Components } from '../../model/build-result.ts';
import { nameOf } from '../../rpm/requirement.ts';
import type { ImageConfig } from '../config/config.ts';
import type { ImageFormat } from '../config/schema-table.ts';
import { isObject } from '../config/values.ts';
import { type DiskManifest, diskManifest } from '../disk/disk-manifest.ts';
import type { ImagePackage } from '../packages/choose-packages.ts';
import { type ManifestInputs, type RootfsManifest, rootfsManifest } from '../rootfs/rootfs-manifest.ts';

/**
 * The image that is to be made, as plain data. The code that makes it sees nothing of the config but this. So an image's
 * bytes depend only on what {@link imageComponents} puts into its key.
 */
export interface ImageManifest {
  root: RootfsManifest;
  disk: DiskManifest;
  /** The files to make of the disk. */
  artifacts: Artifact[];
}

export interface Artifact {
  file: string;
  type: ImageFormat;
}

/** Version of the code that follows a manifest. Raise it when equal manifests give other bytes: all images are made again. */
const imageRecipe = '4';

/** Builds the manifest of an image. Pure. */
export function imageManifest(from: ManifestInputs): ImageManifest {
  return {
    root: rootfsManifest(from),
    disk: diskManifest(from.layout, from.seed),
    artifacts: artifactsOf(from.config, from.packages),
  };
}

/** Returns the components of an image's key. `hostTools`: versions of the host's tools that shape its bytes. Pure. */
export function imageComponents(options: {
  manifest: ImageManifest;
  packages: readonly ImagePackage[];
  workerDigest: string;
  hostTools: Readonly<Record<string, string>>;
}): Components {
  const { manifest, packages, workerDigest: worker, hostTools } = options;
  return {
    ...{ recipe: imageRecipe, worker },
    ...Object.fromEntries(digests('manifest', manifest)),
    ...Object.fromEntries(packages.map(({ rpm }) => [`installed:${rpm.file}`, rpm.shipDigest])),
    ...Object.fromEntries(Object.entries(hostTools).map(([tool, version]) => [`tool:${tool}`, version])),
  };
}

/** Returns a digest for each field of an object and of its inner objects, by name. A list counts as one value. */
function digests(name: string, value: unknown): [string, string][] {
  if (!isObject(value)) return [[name, textDigest(JSON.stringify(value))]];
  return Object.entries(value).flatMap(([field, inner]) => digests(`${name}:${field}`, inner));
}

/** The raw image is always among the artifacts: a boot test starts it. */
function artifactsOf(config: ImageConfig, packages: readonly ImagePackage[]): Artifact[] {
  const asked = config.disk.artifacts;
  const hasRaw = asked.some(({ type }) => type === 'raw');
  const all = hasRaw ? asked : [...asked, { name: '', type: 'raw' as const }];
  return all.map(({ name, type }) => ({
    file: `${imageName(name === '' ? config.system.name : name, packages)}.${type}`,
    type,
  }));
}

/** Returns `<name>-<version of the release package>`: the name of an image's files, without their ending. Pure. */
export function imageName(name: string, packages: readonly ImagePackage[]): string {
  const release = packages.find(({ rpm }) => rpm.provides.some((one) => nameOf(one) === 'system-release'));
  const plain = name.trim().replaceAll(' ', '-');
  return release === undefined ? plain : `${plain}-${release.rpm.version}`;
}
