import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { runShortTool } from '../../host/short-tool.ts';
import type { Components } from '../../model/key-components.ts';
import type { Rpm } from '../../model/rpm.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { openRepositories, type Repositories } from '../../rpm-repository/read/repositories.ts';
import { startSolver } from '../../solver/solver.ts';
import type { ImageConfig } from '../config/config.ts';
import type { NamedFiles } from '../config/named-files.ts';
import { readImageConfig } from '../config/read.ts';
import { imageSeed } from './image.ts';
import { type ImageManifest, imageComponents, imageManifest } from './image-manifest.ts';
import { type Layout, layOut } from './layout.ts';
import { readLocalRpms } from './local-rpms.ts';
import { type BootTools, choosePackages, findBootTools, type ImagePackage } from './packages.ts';

/** All that decides an image's bytes. */
export interface ImagePlan {
  config: ImageConfig;
  named: NamedFiles;
  packages: ImagePackage[];
  /** The folder of each RPM that is not of the toolchain. */
  folders: Map<Rpm, string>;
  tools: BootTools;
  layout: Layout;
  manifest: ImageManifest;
  /** What its key is made of. */
  components: Components;
}

export interface PlanOptions {
  configFile: string;
  /** What the config's paths are relative to. Default: the config's folder. */
  configBaseDir?: string;
  toolchain: Toolchain;
  toolchainDir: string;
  /** This run's RPMs, at any depth. */
  rpmsDir: string;
  /** `.repo` files of further repositories. Default: none. */
  repoList?: readonly string[];
  /** `$releasever` of those. */
  releaseMajorId?: string;
  cacheDir: string;
  /** For what is needed only while the plan is made; need not be there. */
  tempDir: string;
  log: Log;
  signal?: AbortSignal;
}

/**
 * Reads an image's config, chooses its packages and fetches what is in repositories, lays out its disk.
 * @throws ProblemsError for all that is wrong with the config, or with the packages
 */
export async function planImage(options: PlanOptions): Promise<ImagePlan> {
  const { toolchain, configFile: file } = options;
  const { config, named } = await readImageConfig(options);
  progressOf(config, options.log)('choosing packages');
  const folders = await readLocalRpms(options.rpmsDir);
  const repositories = await repositoriesOf(options);
  const local = [...folders.keys()];
  const offered = repositories?.offer(local) ?? [];
  const chosen = await choose(named, { local, offered }, toolchain, file);
  const packages = await fetched(chosen, repositories, folders, progressOf(config, options.log));
  const tools = findBootTools(packages, config, file);
  const seed = imageSeed(config);
  const layout = layOut(config, seed);
  const blueprint = imageManifest({ config, layout, seed, named, packages, tools });
  const { workerDigest } = toolchain;
  const components = imageComponents({ blueprint, packages, workerDigest, hostTools: await toolVersions() });
  return { config, named, packages, folders, tools, layout, manifest: blueprint, components };
}

async function repositoriesOf(options: PlanOptions): Promise<Repositories | undefined> {
  const { repoList: files = [], releaseMajorId: releasever = '', toolchain, toolchainDir } = options;
  if (files.length === 0) return undefined;
  const { tempDir, cacheDir, log, signal } = options;
  const worker = join(toolchainDir, 'worker');
  const { arch } = toolchain;
  return await openRepositories({ files, releasever, arch, cacheDir, tempDir, worker, log, signal });
}

/** Brings what was chosen of repositories here, and notes where it lies. */
async function fetched(
  chosen: readonly ImagePackage[],
  repositories: Repositories | undefined,
  folders: Map<Rpm, string>,
  progress: (does: string) => void,
): Promise<ImagePackage[]> {
  const remote = chosen.filter(({ origin }) => origin === 'repository').map(({ rpm }) => rpm);
  if (repositories === undefined || remote.length === 0) return [...chosen];
  const { dir, rpms } = await repositories.fetch(remote, progress);
  const here = new Map(rpms.map((rpm, index) => [remote[index] as Rpm, rpm]));
  for (const rpm of rpms) folders.set(rpm, dir);
  return chosen.map(({ origin, rpm }) => ({ origin, rpm: here.get(rpm) ?? rpm }));
}

async function choose(
  { requestedPackages: wishes }: NamedFiles,
  rpms: { local: readonly Rpm[]; offered: readonly Rpm[] },
  toolchain: Toolchain,
  file: string,
): Promise<ImagePackage[]> {
  const solver = await startSolver(toolchain);
  try {
    return await choosePackages({ wishes, ...rpms, toolchain, solver, file });
  } finally {
    await solver.close();
  }
}

/** Says what is done for an image, step by step. */
export function progressOf({ system }: ImageConfig, log: Log): (does: string) => void {
  return (does) => log.progress(`image ${system.name}: ${does}`);
}

/** Versions of the host's tools that shape an image's bytes. */
async function toolVersions(): Promise<Record<string, string>> {
  const asked: [string, string][] = [
    ['mke2fs', '-V'],
    ['mkfs.vfat', '--help'],
    ['mcopy', '--version'],
    ['sfdisk', '--version'],
    ['qemu-img', '--version'],
  ];
  const versions: Record<string, string> = {};
  for (const [tool, flag] of asked) {
    const { stdout, stderr } = await runShortTool(['/usr/bin/env', tool, flag], { ok: 'any' });
    versions[tool] = /\d+\.[^\s,)]+/.exec(stdout + stderr)?.[0] ?? '';
  }
  return versions;
}
