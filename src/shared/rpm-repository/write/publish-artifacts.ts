import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { counted } from '../../base/counted.ts';
import type { Log } from '../../base/log.ts';
import { type PublishOptions, publishArtifact, publishLogArtifact } from '../../github/artifacts/publish.ts';
import { hasArtifacts, runAttempt } from '../../github/run.ts';
import { filesBelow } from '../../host/folders.ts';
import type { OwnRepository } from './publish.ts';

/** Returns the name of the artifact with the logs of failed packages of a job. Pure. */
export function logsName(attempt: number, job: number | string): string {
  return `azl-logs-${attempt}-${job}`;
}

/**
 * Publishes logs of this job as an artifact. A failure to publish them is only logged.
 * @param job the number of a shard, else the name of the job
 * @param names log files in `logsDir`, without `.log`; missing ones are left out
 * @returns the artifact of each log; empty outside of a workflow run
 */
export async function publishLogs(
  logsDir: string,
  job: number | string,
  names: readonly string[],
  log: Log,
): Promise<Map<string, string>> {
  const fileOf = (name: string) => `${name}.log`;
  const found = names.filter((name) => existsSync(join(logsDir, fileOf(name))));
  if (found.length === 0) return new Map();
  const artifact = await publishLogArtifact(logsName(runAttempt(), job), logsDir, found.map(fileOf), log);
  if (artifact === '') return new Map();
  log.info(`Logs of what failed here: artifact ${artifact}`);
  return new Map(found.map((name) => [name, artifact]));
}

/** Returns the names of the artifacts with the parts of a repository. Pure. */
export function repositoryNames(arch: string) {
  return { rpms: `azl-rpms-${arch}`, debuginfo: `azl-debuginfo-${arch}`, srpms: 'azl-srpms' };
}

/**
 * The artifacts of a run's repository, by part; empty without an artifact. Unless the repository was published in parts,
 * `debuginfo` is empty, and its RPMs are in `rpms`.
 */
export type PublishedRepository = ReturnType<typeof repositoryNames>;

/**
 * Publishes RPMs and SRPMs of the repository as artifacts, in a workflow run.
 * @throws ProblemsError when they cannot be uploaded
 */
export async function publishRepository(
  { outDir, arch }: OwnRepository,
  retentionDays: number | undefined,
  log: Log,
): Promise<PublishedRepository> {
  if (!hasArtifacts()) return { rpms: '', debuginfo: '', srpms: '' };
  const options = { compressionLevel: 0, retentionDays, log } as const;
  const names = repositoryNames(arch);
  return await log.group('Publishing the repository', async () => ({
    rpms: await publishFolder(names.rpms, join(outDir, 'RPMS'), options),
    debuginfo: '',
    srpms: await publishFolder(names.srpms, join(outDir, 'SRPMS'), options),
  }));
}

/** Publishes the files below `root` as an artifact. Returns its name; empty if there is no RPM among them. */
export async function publishFolder(name: string, root: string, options: PublishOptions): Promise<string> {
  const paths = (await filesBelow(root)).map((path) => relative(root, path));
  if (!paths.some((path) => path.endsWith('.rpm'))) return '';
  options.log.progress(`${name}: ${counted(paths.length, 'file')}`);
  return await publishArtifact(name, root, paths, options);
}
