import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { problem } from '../../base/problems.ts';
import { retry } from '../../base/retry.ts';
import { tempSibling } from '../../host/files.ts';
import { checkPlainTree } from '../../host/plain-files.ts';
import { checkSpace } from '../../host/space.ts';
import { inputProblem } from '../inputs.ts';
import { hasArtifacts } from '../run.ts';
import { askArtifacts, DigestMismatchError, downloadPolicy, isNotFound } from './client.ts';

const largerDisk =
  'Run the job on a runner with a larger disk (runs-on of the workflow), or free some space, or put build-dir on another disk.';

/** Returns the ids of the run's artifacts by name: of several attempts, that of the newest. */
export async function artifactIds(): Promise<Map<string, number>> {
  const { artifacts } = await askArtifacts((all) => all.listArtifacts());
  return new Map(artifacts.toSorted((a, b) => a.id - b.id).map(({ name, id }) => [name, id]));
}

/** Names of the run's artifacts, each once, sorted. */
export async function artifactNames(): Promise<string[]> {
  return [...(await artifactIds()).keys()].sort();
}

/**
 * Replaces `dir` by the files of the newest artifact of a name, once all of them are there and their digest is right.
 * @returns true if there is such an artifact
 * @throws ProblemsError for other bytes, for anything but plain files, and before the download if the disk lacks room
 */
export async function fetchArtifact(name: string, dir: string): Promise<boolean> {
  const part = tempSibling(dir);
  await mkdir(dirname(dir), { recursive: true });
  try {
    await retry(downloadPolicy, async () => {
      await rm(part, { recursive: true, force: true });
      await download(name, part);
    });
    await checkPlainTree(part);
    await rm(dir, { recursive: true, force: true });
    await rename(part, dir);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    if (error instanceof DigestMismatchError)
      throw problem(`The artifact '${name}' ${error.message}`, { hint: 'Run all jobs again.' });
    throw error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/**
 * Fetches an artifact of this run that an input names into `dir`, in place of its content.
 * @throws ProblemsError naming the input when there is no run, or no such artifact in it
 */
export async function fetchInputArtifact(input: string, name: string, dir: string): Promise<void> {
  requireRun(input, name);
  if (!(await fetchArtifact(name, dir)))
    throw inputProblem(input, name, 'and this run has no artifact of that name');
}

/** @throws ProblemsError when an input names an artifact outside of a workflow run */
export function requireRun(input: string, name: string): void {
  const error = 'and this is not a job of a workflow run, which could have an artifact of that name';
  if (!hasArtifacts()) throw inputProblem(input, name, error);
}

/** Unpacks an artifact. @throws DigestMismatchError when its bytes are not those that were uploaded */
async function download(name: string, to: string): Promise<void> {
  const { artifact } = await askArtifacts((all) => all.getArtifact(name));
  await checkSpace(`The artifact '${name}'`, [{ dir: dirname(to), bytes: artifact.size }], largerDisk);
  if (artifact.digest === undefined) throw problem(`GitHub tells no digest of the artifact '${name}'`);
  // It makes buffers in an old way, and Node would tell the user.
  process.noDeprecation = true;
  // The library takes what is `..` in a path for `.`, and makes plain files of links.
  const options = { path: to, expectedHash: artifact.digest };
  const { digestMismatch } = await askArtifacts((all) => all.downloadArtifact(artifact.id, options));
  if (digestMismatch === true) throw new DigestMismatchError();
}
