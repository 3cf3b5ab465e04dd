import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { tempSibling } from '../../host/files.ts';
import { checkSpace } from '../../host/space.ts';
import { askArtifacts, isNotFound, triesToFetch } from './client.ts';

const largerDisk =
  'Run the job on a runner with a larger disk (runs-on of the workflow), or free some space, or put build-dir on another disk.';

/** Names of the run's artifacts, each once, sorted. */
export async function artifactNames(): Promise<string[]> {
  const { artifacts } = await askArtifacts((all) => all.listArtifacts());
  return [...new Set(artifacts.map(({ name }) => name))].sort();
}

/**
 * Puts the files of the newest artifact of a name into `dir`, in place of what is there, once they are whole and known
 * to be what was uploaded. Answers whether there is such an artifact.
 * @throws ProblemsError when its bytes are others, when it holds anything but plain files, or when the disk has no room
 *   for as much as it weighs, which is then known before anything of it is fetched
 */
export async function fetchArtifact(name: string, dir: string): Promise<boolean> {
  const part = tempSibling(dir);
  await mkdir(dirname(dir), { recursive: true });
  try {
    for (let turn = 1; !(await download(name, part)); turn++) {
      await rm(part, { recursive: true, force: true });
      if (turn === triesToFetch)
        throw problem(`The artifact '${name}' has another digest than when it was uploaded`, {
          hint: 'Run all jobs again.',
        });
    }
    await checkPlain(name, part);
    await rm(dir, { recursive: true, force: true });
    await rename(part, dir);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Unpacks an artifact. Answers whether its bytes are those that were uploaded. */
async function download(name: string, to: string): Promise<boolean> {
  const { artifact } = await askArtifacts((all) => all.getArtifact(name));
  await checkSpace(`The artifact '${name}'`, [{ dir: dirname(to), bytes: artifact.size }], largerDisk);
  if (artifact.digest === undefined) throw problem(`GitHub tells no digest of the artifact '${name}'`);
  // It makes buffers in an old way, and Node would tell the user.
  process.noDeprecation = true;
  // The library takes what is `..` in a path for `.`, and makes plain files of links.
  const options = { path: to, expectedHash: artifact.digest };
  const { digestMismatch } = await askArtifacts((all) => all.downloadArtifact(artifact.id, options));
  return digestMismatch !== true;
}

/** Whatever the library made of an archive: only plain files and their folders come out of it. */
async function checkPlain(name: string, dir: string): Promise<void> {
  for (const path of await readdir(dir, { recursive: true })) {
    const found = await lstat(join(dir, path));
    if (!found.isFile() && !found.isDirectory())
      throw problem(`The artifact '${name}' holds '${path}', which is no plain file`);
  }
}
