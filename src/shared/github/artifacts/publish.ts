import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { ProblemsError, problem } from '../../base/problems.ts';
import { type RetryPolicy, retry } from '../../base/retry.ts';
import { hasArtifacts } from '../run.ts';
import { askArtifacts, isNotFound, isTaken } from './client.ts';

/** How an artifact for people is uploaded. */
export interface PublishOptions {
  /** 0 for files that are compressed already. */
  compressionLevel: 0 | 1 | 6;
  /** Days. Default: the setting of the repository. */
  retentionDays?: number | undefined;
  /** True (the default) if an earlier attempt of the run may have that name. False for a name with the attempt in it. */
  replace?: boolean;
  log: Log;
}

/** The bound of `<name>-<number>`: more than the jobs of a matrix, which may all want one name. */
const mostNames = 256;

/**
 * Publishes files as an artifact that people can download: a zip with these paths below `root`.
 * @returns the name of the artifact: `<name>-2` and so on where another job, or an upload that never ended, has `name`
 * @throws ProblemsError when it cannot be uploaded
 */
export async function publishArtifact(
  name: string,
  root: string,
  files: readonly string[],
  { compressionLevel, retentionDays, replace = true, log }: PublishOptions,
): Promise<string> {
  const paths = files.map((file) => join(root, file));
  const options = { compressionLevel, retentionDays };
  const policy: RetryPolicy = {
    attempts: 4, // two may find that the name is taken
    isTransient: (error) => error instanceof ProblemsError || (isTaken(error) && replace),
    onRetry: (error) => {
      if (!isTaken(error)) log.warn(`${error.message} Tried again.`);
    },
  };
  let number = 1;
  let isFree = true;
  const upload = async (): Promise<string> => {
    for (;;) {
      const own = () => (number === 1 ? name : `${name}-${number}`);
      // A name that is taken although no artifact has it stays so until the run ends.
      if (!isFree && !(await remove(own()))) number++;
      isFree = true;
      try {
        await askArtifacts((all) => all.uploadArtifact(own(), paths, root, options));
        return own();
      } catch (error) {
        if (!isTaken(error)) throw error;
        isFree = !replace;
        if (replace || number === mostNames) throw error;
        number++;
      }
    }
  };
  try {
    return await retry(policy, upload);
  } catch (error) {
    if (!isTaken(error) && !(error instanceof ProblemsError)) throw error;
    throw problem(`The artifact '${name}' cannot be uploaded: ${(error as Error).message}`, {
      hint: 'Run the failed jobs again: what was built is kept.',
    });
  }
}

/**
 * Publishes log files as an artifact. A failure to publish them is only logged.
 * @returns the artifact's name, which is another than `name` if another job has that; empty without an artifact
 */
export async function publishLogArtifact(
  name: string,
  root: string,
  files: readonly string[],
  log: Log,
): Promise<string> {
  if (!hasArtifacts()) return '';
  try {
    return await publishArtifact(name, root, files, { compressionLevel: 6, replace: false, log });
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    log.warn(error.message);
    return '';
  }
}

/** Removes an artifact. @returns true if it was there */
async function remove(name: string): Promise<boolean> {
  try {
    await askArtifacts((all) => all.deleteArtifact(name));
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
