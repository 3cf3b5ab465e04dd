import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../builder/build-context.ts';
import { isAbsent } from '../../host/files.ts';
import { NotPlainFileError, readPlainFile } from '../../host/plain-files.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { TreeInputs } from '../../model/inputs.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';

/** Hint for messages about an artifact of the run that is gone. */
export const keptForItsRun =
  'It is kept until about a day after its run was expected to end, if the settings of the repository allow that. Run all jobs again: what was built is in the store.';

/**
 * The files of a new artifact: paths below a folder `root`. They exist while `use` runs, and an exchange that copies no
 * files never asks for them.
 */
export type ArtifactFiles = <T>(use: (root: string, files: readonly string[]) => Promise<T>) => Promise<T>;

/**
 * The way in which the jobs of one run hand results and claims to each other. An artifact appears whole or not at all,
 * and never changes.
 */
export interface Exchange {
  /** Returns the artifacts of the run. The list may be incomplete: {@link Exchange.find} also finds what it lacks. */
  list(): Promise<ArtifactInfo[]>;
  /** Returns the newest artifact of exactly this name. */
  find(name: string): Promise<ArtifactInfo | undefined>;
  /**
   * Creates an artifact, in which files keep their paths.
   * @returns undefined when the name is taken, also by a job that has not finished creating it
   */
  create(name: string, files: ArtifactFiles): Promise<ArtifactInfo | undefined>;
  /**
   * Copies the files of an artifact below `dir`, a new folder.
   * @returns false when the artifact is gone
   * @throws NotPlainFileError when it holds anything but regular files and folders, or more than fits
   */
  fetch(artifact: ArtifactInfo, dir: string): Promise<boolean>;
  /** Removes an artifact, if it exists. */
  remove(name: string): Promise<void>;
}

/** Returns files that lie below `root` already. */
export function filesBelow(root: string, files: readonly string[]): ArtifactFiles {
  return (use) => use(root, files);
}

/** Returns the files of an artifact that holds one text file. The text is made when the file is written. */
export function textFile(inputs: TreeInputs, name: string, text: () => string): ArtifactFiles {
  return (use) =>
    withFolder(inputs, async (dir) => {
      await writeFile(join(dir, name), text());
      return await use(dir, [name]);
    });
}

/** Bytes of a text file in an artifact: many times the largest heartbeat of Azure Linux. */
const mostBytes = 128e6;

/** Fetches the text file of an artifact. @returns '' when it has no such file; undefined when the artifact is gone */
export async function fetchText(
  exchange: Exchange,
  artifact: ArtifactInfo,
  inputs: TreeInputs,
  name: string,
): Promise<string | undefined> {
  return await withFolder(inputs, async (dir) => {
    const to = join(dir, 'files');
    try {
      if (!(await exchange.fetch(artifact, to))) return undefined;
      return await readPlainFile(join(to, name), mostBytes);
    } catch (error) {
      if (error instanceof NotPlainFileError || isAbsent(error)) return '';
      throw error;
    }
  });
}

/** Runs `body` with a new folder for files in transit, which is removed afterwards. */
export async function withFolder<T>(inputs: TreeInputs, body: (dir: string) => Promise<T>): Promise<T> {
  return await withTempDir(paths.exchange(inputs), 'own-', body);
}
