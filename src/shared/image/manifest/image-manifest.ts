import { textDigest } from '../../host/digests.ts';
import type { Components } from '../../model/key-components.ts';
import type { ImageConfig } from '../config/config.ts';
import type { NamedFiles } from '../config/named-files.ts';
import { type DiskManifest, diskManifest } from './disk.ts';
import { imageName } from './image.ts';
import type { Layout } from './layout.ts';
import type { BootTools, ImagePackage } from './packages.ts';
import { type RootfsManifest, rootfsManifest } from './rootfs.ts';

/**
 * How an image is made: all that is decided before anything is done, as plain data. Those who make it see nothing of the
 * config but this, so that its bytes follow from what {@link imageComponents} puts into its key.
 */
export interface ImageManifest {
  root: RootfsManifest;
  disk: DiskManifest;
  /** The files to make of the disk. */
  artifacts: Artifact[];
}

export interface Artifact {
  file: string;
  type: 'raw' | 'qcow2';
}

/** Raise it when the code that follows a blueprint makes other bytes of the same one: every image is then made once more. */
const imageRecipe = '2';

/** Decides how an image is made. Pure. */
export function imageManifest(options: {
  config: ImageConfig;
  layout: Layout;
  seed: string;
  named: NamedFiles;
  packages: readonly ImagePackage[];
  tools: BootTools;
}): ImageManifest {
  return {
    root: rootfsManifest(options),
    disk: diskManifest(options.layout, options.seed),
    artifacts: artifactsOf(options.config, options.packages),
  };
}

/** The parts of an image's key. `hostTools`: versions of the host's tools that shape its bytes. Pure. */
export function imageComponents(options: {
  blueprint: ImageManifest;
  packages: readonly ImagePackage[];
  workerDigest: string;
  hostTools: Readonly<Record<string, string>>;
}): Components {
  const components: Components = { recipe: imageRecipe, worker: options.workerDigest };
  for (const [name, digest] of digests('blueprint', options.blueprint)) components[name] = digest;
  for (const { rpm } of options.packages) components[`installed:${rpm.file}`] = rpm.shipDigest;
  for (const [tool, version] of Object.entries(options.hostTools)) components[`tool:${tool}`] = version;
  return components;
}

/** A digest for each field of an object, and of those in it, by name. Lists are one. */
function digests(name: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[name, textDigest(JSON.stringify(value))]];
  return Object.entries(value).flatMap(([field, inner]) => digests(`${name}:${field}`, inner));
}

/** A boot test starts the raw bytes, so they are there whatever the config asks for. */
function artifactsOf(config: ImageConfig, packages: readonly ImagePackage[]): Artifact[] {
  const asked = config.disk.artifacts;
  const all = asked.some(({ type }) => type === 'raw')
    ? asked
    : [...asked, { name: '', type: 'raw' as const }];
  return all.map(({ name, type }) => ({
    file: `${imageName(name === '' ? config.system.name : name, packages)}.${type}`,
    type,
  }));
}
