import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { ProblemsError, problem } from '../../base/problems.ts';
import { askArtifacts, isNotFound, isTaken } from './client.ts';

/** How an artifact for people is kept. */
export interface PublishOptions {
  /** 0 for what is compressed as it is. */
  compressionLevel: 0 | 1 | 6;
  /** Days. Default: what the repository says. */
  retentionDays?: number | undefined;
  /**
   * Whether an artifact of that name is one that an earlier attempt of the run left, and gives way. False for a name that
   * has the attempt in it: then another job of this one has it, which keeps it. Default: true.
   */
  replace?: boolean;
  log: Log;
}

/** Tries of one upload: two may find that its name is taken. */
const tries = 4;

/** Names that are tried where other jobs keep theirs: more than a matrix has of one name that fail. */
const mostNames = 256;

/**
 * Publishes files as an artifact that people can download: a zip with these paths below `root`.
 * @returns the name that it has: another than asked for (`<name>-2`) where an upload that never ended holds that, or
 *   another job
 * @throws ProblemsError when it cannot be uploaded
 */
export async function publishArtifact(
  name: string,
  root: string,
  files: readonly string[],
  { compressionLevel, retentionDays, replace = true, log }: PublishOptions,
): Promise<string> {
  const paths = files.map((file) => join(root, file));
  const options = { compressionLevel, ...(retentionDays === undefined ? {} : { retentionDays }) };
  let held = 1;
  for (let turn = 1; ; ) {
    const own = held === 1 ? name : `${name}-${held}`;
    try {
      await askArtifacts((all) => all.uploadArtifact(own, paths, root, options));
      return own;
    } catch (error) {
      const fault = (error as Error).message;
      if (!isTaken(error) && !(error instanceof ProblemsError)) throw error;
      const keeps = isTaken(error) && !replace;
      if (keeps && held < mostNames) {
        held++;
        continue;
      }
      if (keeps || turn++ === tries)
        throw problem(`The artifact '${name}' cannot be uploaded: ${fault}`, {
          hint: 'Run the failed jobs again: what was built is kept.',
        });
      // A name that is taken and that nothing has stays so until the run ends.
      if (isTaken(error)) held += (await remove(own)) ? 0 : 1;
      else log.warn(`${fault} Tried again.`);
    }
  }
}

/** Removes an artifact. Answers whether it was there. */
async function remove(name: string): Promise<boolean> {
  try {
    await askArtifacts((all) => all.deleteArtifact(name));
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
