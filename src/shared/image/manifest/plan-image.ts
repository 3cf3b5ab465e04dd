import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { keyOf } from '../../cache-key/key.ts';
import { runShortTool } from '../../host/short-tool.ts';
import type { Rpm } from '../../model/rpm.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { openRepositories, type Repositories } from '../../repositories/repositories.ts';
import { startSolver } from '../../solver/solver.ts';
import type { ImageConfig } from '../config/config.ts';
import { readImageConfig } from '../config/read.ts';
import { imageSeed } from '../disk/identity.ts';
import { layOut } from '../disk/layout.ts';
import { findBootTools } from '../packages/boot-tools.ts';
import { choosePackages, type ImagePackage } from '../packages/choose-packages.ts';
import { readLicenses } from '../packages/licenses.ts';
import { readLocalRpms } from '../packages/local-rpms.ts';
import { passwordHashes } from '../rootfs/accounts.ts';
import { bootPlace, type PlannedImage } from './image-json.ts';
import { imageComponents, imageManifest, imageName } from './image-manifest.ts';

/** Everything that decides an image's bytes, and where its inputs lie. */
export type ImagePlan = Awaited<ReturnType<typeof planImage>>;

export interface PlanOptions {
  configFile: string;
  /** Base of the config's relative paths. Default: the config's folder. */
  configBaseDir?: string;
  /** Folders, besides the base, in which files that the config names may lie. */
  configExtraDirs?: readonly string[];
  toolchain: Toolchain;
  toolchainDir: string;
  /** This run's RPMs, at any depth. */
  rpmsDir: string;
  /** `.repo` files of further repositories. Default: none. */
  repoList?: readonly string[];
  /** True if the image must come up: without an init it is not made. */
  bootTest: boolean;
  /** `$releasever` in the `.repo` files. */
  releaseMajorId?: string;
  cacheDir: string;
  /** For files that only planning needs; may not exist yet. */
  tempDir: string;
  log: Log;
  signal?: AbortSignal | undefined;
}

/**
 * Plans an image: reads its config, chooses its packages, fetches those of repositories, lays out its disk.
 * @throws ProblemsError with everything that is wrong with the config, or with the packages
 */
export async function planImage(options: PlanOptions) {
  const { toolchain, configFile: file, repoList = [], releaseMajorId: releasever = '' } = options;
  const { config, named } = await readImageConfig(options);
  const progress = progressOf(config, options.log);
  progress('choosing packages');
  /** The file of each RPM that is not from the toolchain. */
  const paths = await readLocalRpms(options.rpmsDir);
  const worker = join(options.toolchainDir, 'worker');
  const repositories =
    repoList.length > 0
      ? await openRepositories({ ...options, files: repoList, releasever, arch: toolchain.arch, worker })
      : undefined;
  const local = [...paths.keys()];
  const offered = repositories?.offer(local) ?? [];
  const requested = named.requestedPackages;
  const solver = await startSolver(toolchain);
  const choice = choosePackages({ requested, local, offered, toolchain, solver, file });
  const chosen = await choice.finally(() => solver.close());
  const packages = await fetchChosen(chosen, repositories, paths, progress);
  const { tools, warnings } = findBootTools(packages, config, { file, bootTest: options.bootTest });
  for (const warning of warnings) options.log.warn(warning);
  const seed = imageSeed(config);
  const layout = layOut(config, seed);
  const hashes = await passwordHashes(config.system.users, seed);
  const manifest = imageManifest({ config, layout, seed, named, hashes, packages, tools });
  const { workerDigest } = toolchain;
  const components = imageComponents({ manifest, packages, workerDigest, hostTools: await toolVersions() });
  const { name: system } = config.system;
  const licenses = await readLicenses(packages, paths);
  /** Names and key follow from the plan alone, never from an image that an earlier run left. */
  const image: PlannedImage = {
    ...{ name: imageName(system, packages), system, key: keyOf(components), components },
    files: manifest.artifacts,
    packages: packages.map(({ origin, rpm }, index) => ({
      ...{ file: rpm.file, origin, license: licenses[index] as string, sha256: rpm.shipDigest },
    })),
    boot: bootPlace(layout, tools),
  };
  return { config, named, packages, paths, manifest, image };
}

/** Fetches the chosen RPMs of repositories and adds their files to `paths`. */
async function fetchChosen(
  chosen: readonly ImagePackage[],
  repositories: Repositories | undefined,
  paths: Map<Rpm, string>,
  progress: (does: string) => void,
): Promise<ImagePackage[]> {
  const remote = chosen.filter(({ origin }) => origin === 'repository').map(({ rpm }) => rpm);
  if (repositories === undefined || remote.length === 0) return [...chosen];
  const fetched = await repositories.fetch(remote, progress);
  for (const { rpm, path } of fetched.values()) paths.set(rpm, path);
  return chosen.map(({ origin, rpm }) => ({ origin, rpm: fetched.get(rpm)?.rpm ?? rpm }));
}

/** Returns a function that shows the current step of an image. */
export function progressOf({ system }: ImageConfig, log: Log): (does: string) => void {
  return (does) => log.progress(`image ${system.name}: ${does}`);
}

/** Returns versions of the host's tools that shape an image's bytes. */
async function toolVersions(): Promise<Record<string, string>> {
  const flags: Record<string, string> = { mke2fs: '-V', 'mkfs.vfat': '--help' };
  const versions: Record<string, string> = {};
  for (const tool of ['mke2fs', 'mkfs.vfat', 'mcopy', 'sfdisk', 'qemu-img']) {
    const flag = flags[tool] ?? '--version';
    const { stdout, stderr } = await runShortTool(['/usr/bin/env', tool, flag], { ok: 'any' });
    versions[tool] = /\d+\.[^\s,)]+/.exec(stdout + stderr)?.[0] ?? '';
  }
  return versions;
}
