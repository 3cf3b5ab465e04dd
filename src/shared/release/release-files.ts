import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Log } from '../base/log.ts';
import { failOnProblems, type Problem, problem } from '../base/problems.ts';
import { artifactNames, fetchInputArtifact } from '../github/artifacts/fetch.ts';
import { hasArtifacts } from '../github/run.ts';
import { fileDigest } from '../host/digests.ts';
import { filesBelow } from '../host/folders.ts';
import { imagePrefix } from '../image/artifacts.ts';
import type { ReleaseInputs } from '../model/inputs.ts';
import { assetName, type WantedAsset } from './assets.ts';

/**
 * Returns the paths of all files of a release: given files, and those of artifacts, which are fetched below `temp`.
 * @throws ProblemsError when there is nothing to release, or an artifact is missing
 */
export async function releaseFiles(
  { files, imageArtifacts }: Pick<ReleaseInputs, 'files' | 'imageArtifacts'>,
  temp: string,
  log: Log,
): Promise<string[]> {
  const names = imageArtifacts.length > 0 || files.length > 0 ? imageArtifacts : await allImages();
  const paths = [...files];
  for (const name of names) {
    const dir = join(temp, name);
    await log.group(`Fetching ${name}`, () => fetchInputArtifact('image-artifacts', name, dir));
    paths.push(...(await filesBelow(dir)));
  }
  return paths;
}

/** Returns the names of the run's artifacts with images. */
async function allImages(): Promise<string[]> {
  const names = hasArtifacts() ? (await artifactNames()).filter((name) => name.startsWith(imagePrefix)) : [];
  if (names.length === 0)
    throw problem(
      `Input 'files' (FILES) is empty, so is 'image-artifacts' (IMAGE_ARTIFACTS), and this run has no artifact ${imagePrefix}*`,
      { hint: 'Give the paths of the files to publish, or run compose-image in an earlier job.' },
    );
  return names;
}

/** Returns the assets of files. @throws ProblemsError naming each path that is not a file */
export async function wantedAssets(files: readonly string[]): Promise<WantedAsset[]> {
  const problems: Problem[] = [];
  const assets: WantedAsset[] = [];
  for (const path of files) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) assets.push(await wantedAsset(path));
    else problems.push({ message: `Input 'files' (FILES) names '${path}', which is not a file` });
  }
  failOnProblems(problems);
  return assets;
}

/** Returns the asset of one file. */
export async function wantedAsset(path: string): Promise<WantedAsset> {
  const { size } = await stat(path);
  return { path, name: assetName(basename(path)), size, sha256: await fileDigest(path) };
}
