import { rm } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import type { Log } from '../../../src/shared/base/log.ts';
import { ProblemsError, problem } from '../../../src/shared/base/problems.ts';
import { fetchArtifact } from '../../../src/shared/github/artifacts/fetch.ts';
import { publishArtifact } from '../../../src/shared/github/artifacts/publish.ts';
import { variable } from '../../../src/shared/github/inputs.ts';
import { hasArtifacts, runAttempt } from '../../../src/shared/github/run.ts';
import { artifactExchange } from '../../../src/shared/shards/transport/artifact-exchange.ts';
import { fetchToolchain } from '../../../src/shared/shards/transport/shared-toolchain.ts';
import type { Inputs } from './inputs.ts';

/** What the names of all artifacts with images begin with. */
export const imagePrefix = 'azl-image-';

/**
 * The artifact with the images of a config: named by its path, since a run may have several configs of one file name.
 * What leads to a folder `imageconfigs` is left out. Pure.
 */
export function imageArtifact(configFile: string): string {
  return imagePrefix + configInName(configFile);
}

/** The artifact with the serial log of a boot that failed. Pure. */
export function serialLogArtifact(configFile: string, attempt: number): string {
  return `azl-logs-${attempt}-image-${configInName(configFile)}`;
}

function configInName(configFile: string): string {
  const path = posix.normalize(configFile).replace(/^(.*\/)?imageconfigs\/|^\/+/, '');
  return path.replace(/\.json$/, '').replace(/[^A-Za-z0-9_.+-]+/g, '-');
}

type Dirs = Pick<Inputs, 'buildDir' | 'cacheDir' | 'rpmsDir' | 'toolchainDir'>;

/**
 * Fetches what other jobs of the run made: the packages, the toolchain. Answers where all of it lies.
 * @throws ProblemsError when there is no run, or no such artifact in it
 */
export async function fetchInputs(
  inputs: Dirs & Pick<Inputs, 'rpmsArtifact' | 'toolchainArtifact'>,
  log: Log,
): Promise<Dirs> {
  const { rpmsArtifact, toolchainArtifact, buildDir, cacheDir, rpmsDir, toolchainDir } = inputs;
  const found = { buildDir, cacheDir, rpmsDir, toolchainDir };
  if (rpmsArtifact !== '') {
    needRun('rpms-artifact', rpmsArtifact);
    found.rpmsDir = join(buildDir, 'packages');
    const there = await log.group(`Fetching ${rpmsArtifact}`, () =>
      fetchArtifact(rpmsArtifact, found.rpmsDir),
    );
    if (!there) throw absent('rpms-artifact', rpmsArtifact);
  }
  if (toolchainArtifact !== '') {
    needRun('toolchain-artifact', toolchainArtifact);
    found.toolchainDir = join(cacheDir, 'toolchain');
    const temp = join(buildDir, 'exchange');
    await log.group(`Fetching ${toolchainArtifact}`, () =>
      fetchToolchain(toolchainArtifact, found.toolchainDir, artifactExchange(temp), temp),
    );
    await rm(temp, { recursive: true, force: true });
  }
  return found;
}

/** Publishes an image with its manifest, in a workflow run. Answers the artifact's name; empty where there is no run. */
export async function publishImages(
  { configFile, retentionDays }: Pick<Inputs, 'configFile' | 'retentionDays'>,
  paths: readonly string[],
  log: Log,
): Promise<string> {
  const [first] = paths;
  if (!hasArtifacts() || first === undefined) return '';
  const files = paths.map((path) => basename(path));
  return await log.group('Publishing the image', () =>
    publishArtifact(imageArtifact(configFile), dirname(first), files, {
      // Images are mostly holes: the fastest level takes those away.
      compressionLevel: 1,
      ...{ retentionDays, log },
    }),
  );
}

/**
 * Publishes the serial log of a boot that failed, in a workflow run. That it cannot be published is said and stops nothing.
 * @returns the artifact's name; empty where there is none
 */
export async function publishSerialLog(configFile: string, path: string, log: Log): Promise<string> {
  if (!hasArtifacts()) return '';
  const name = serialLogArtifact(configFile, runAttempt());
  try {
    const options = { compressionLevel: 6, replace: false, log } as const;
    return await publishArtifact(name, dirname(path), [basename(path)], options);
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    log.warn(error.message);
    return '';
  }
}

/** @throws ProblemsError when an input names an artifact and there is no run that could have it */
export function needRun(input: string, name: string): void {
  if (!hasArtifacts())
    throw problem(
      `Input '${input}' (${variable(input)}) is '${name}', and this is no job of a workflow run, which could have an artifact of that name`,
    );
}

/** What to say when the run has no artifact that an input names. */
export function absent(input: string, name: string): Error {
  return problem(
    `Input '${input}' (${variable(input)}) is '${name}', and this run has no artifact of that name`,
  );
}
