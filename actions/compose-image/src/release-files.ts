import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../../src/shared/base/log.ts';
import { problem } from '../../../src/shared/base/problems.ts';
import { artifactNames, fetchArtifact } from '../../../src/shared/github/artifacts/fetch.ts';
import { hasArtifacts } from '../../../src/shared/github/run.ts';
import type { ReleaseInputs } from './release-inputs.ts';
import { absent, imagePrefix, needRun } from './run-artifacts.ts';

/**
 * Paths of all that is to be released: the files that were given, and those of artifacts, which are fetched below `temp`.
 * @throws ProblemsError when there is nothing, or an artifact is not there
 */
export async function releaseFiles(
  { files, imageArtifacts }: Pick<ReleaseInputs, 'files' | 'imageArtifacts'>,
  temp: string,
  log: Log,
): Promise<string[]> {
  const names = imageArtifacts.length > 0 || files.length > 0 ? imageArtifacts : await allImages();
  const paths = [...files];
  for (const name of names) {
    needRun('image-artifacts', name);
    const dir = join(temp, name);
    if (!(await log.group(`Fetching ${name}`, () => fetchArtifact(name, dir))))
      throw absent('image-artifacts', name);
    const all = await readdir(dir, { recursive: true, withFileTypes: true });
    const found = all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    paths.push(...found.sort());
  }
  return paths;
}

/** Every artifact of the run that holds an image. */
async function allImages(): Promise<string[]> {
  const names = hasArtifacts() ? (await artifactNames()).filter((name) => name.startsWith(imagePrefix)) : [];
  if (names.length === 0)
    throw problem(
      `Input 'files' (FILES) is empty, so is 'image-artifacts' (IMAGE_ARTIFACTS), and this run has no artifact ${imagePrefix}*`,
      { hint: 'Give the paths of what to publish, or run compose-image in a job before.' },
    );
  return names;
}
