import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemsError } from '../../base/problems.ts';
import type { BuildContext } from '../../builder/build-context.ts';
import { paths } from '../../builder/paths.ts';
import { type PublishOptions, publishArtifact } from '../../github/artifacts/publish.ts';
import { hasArtifacts, runAttempt } from '../../github/run.ts';

/** The artifact with the logs of what failed in a job of a run. */
export function logsName(attempt: number, job: number | string): string {
  return `azl-logs-${attempt}-${job}`;
}

/**
 * Publishes logs of this job, in a workflow run. That they cannot be published is said and stops nothing.
 * @param job the number of a shard, else the name of the job
 * @param names of log files, without `.log`; those that are not there are left out
 * @returns the artifact that holds each of them
 */
export async function publishLogs(
  { inputs, log }: Pick<BuildContext, 'inputs' | 'log'>,
  job: number | string,
  names: readonly string[],
): Promise<Map<string, string>> {
  const root = paths.logs(inputs);
  const fileOf = (name: string) => `${name}.log`;
  const there = names.filter((name) => existsSync(join(root, fileOf(name))));
  if (there.length === 0 || !hasArtifacts()) return new Map();
  try {
    const name = logsName(runAttempt(), job);
    const options = { compressionLevel: 6, replace: false, log } as const;
    const artifact = await publishArtifact(name, root, there.map(fileOf), options);
    log.info(`Logs of what failed here: artifact ${artifact}`);
    return new Map(there.map((one) => [one, artifact]));
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    log.warn(error.message);
    return new Map();
  }
}

/** What the artifacts with the parts of a repository are called. */
export function repositoryNames(arch: string) {
  return { rpms: `azl-rpms-${arch}`, debuginfo: `azl-debuginfo-${arch}`, srpms: 'azl-srpms' };
}

/** Artifacts with what a run delivers; empty: there is none. */
export interface PublishedRepository {
  rpms: string;
  /** Only where the repository was published in parts: else they are among the packages. */
  debuginfo: string;
  srpms: string;
}

/**
 * Publishes the repository and the SRPMs in `out-dir`, in a workflow run, each where there are any.
 * @throws ProblemsError when they cannot be uploaded
 */
export async function publishRepository(
  { inputs, log, tree }: BuildContext,
  retentionDays: number | undefined,
): Promise<PublishedRepository> {
  if (!hasArtifacts()) return { rpms: '', debuginfo: '', srpms: '' };
  const options = { compressionLevel: 0, retentionDays, log } as const;
  const names = repositoryNames(tree.toolchain.arch);
  return await log.group('Publishing the repository', async () => ({
    rpms: await publishFolder(names.rpms, join(inputs.outDir, 'RPMS'), options),
    debuginfo: '',
    srpms: await publishFolder(names.srpms, join(inputs.outDir, 'SRPMS'), options),
  }));
}

/** Publishes the files below `root` as the artifact `name`. Answers its name; empty where no RPM is among them. */
export async function publishFolder(name: string, root: string, options: PublishOptions): Promise<string> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (!files.some((file) => file.endsWith('.rpm'))) return '';
  const paths = files.map((file) => file.slice(root.length + 1)).sort();
  options.log.progress(`${name}: ${paths.length} files`);
  return await publishArtifact(name, root, paths, options);
}
