import { type Problem, ProblemsError } from '../base/problems.ts';

/** A file that is to be part of a release. */
export interface WantedAsset {
  path: string;
  /** What GitHub will call it: see {@link assetName}. */
  name: string;
  size: number;
  /** SHA-256, hex. */
  sha256: string;
}

/** An asset that a release has, as GitHub's REST service tells it. */
export interface FoundAsset {
  id: number;
  name: string;
  size: number;
  /** `starter`: an upload that never ended. */
  state: string;
  /** `sha256:<hex>`; releases from before 2025 have none. */
  digest: string | null;
}

/** What is to be done so that a release has the assets that it should have. */
export interface AssetSteps {
  keep: WantedAsset[];
  /** Broken uploads, and assets of a draft that are not what they should be. */
  remove: FoundAsset[];
  upload: WantedAsset[];
}

/** GitHub takes no asset of this size or more. */
export const assetLimit = 2 ** 31;

/** Assets that a release can have. */
const mostAssets = 1000;

/**
 * The name of a file's asset. GitHub renames what has other characters, or dots at its ends: this is a name that it
 * keeps, so that `SHA256SUMS` is true.
 */
export function assetName(file: string): string {
  return file.replace(/[^A-Za-z0-9_+@-]+/g, '.').replace(/^\.+|\.+$/g, '');
}

/** `SHA256SUMS` as `sha256sum --check` reads it, with the names that the assets have. */
export function sha256Sums(assets: readonly WantedAsset[]): string {
  return assets
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
    .join('');
}

/** Everything that keeps files from being the assets of one release. */
export function assetProblems(assets: readonly WantedAsset[]): Problem[] {
  const problems: Problem[] = [];
  const byName = new Map<string, string>();
  for (const { path, name, size } of assets) {
    const other = byName.get(name);
    if (other !== undefined)
      problems.push({
        message: `'${path}' and '${other}' would both be the asset '${name}'`,
        hint: 'Give them names of their own.',
      });
    byName.set(name, path);
    if (size >= assetLimit)
      problems.push({
        message: `'${path}' has ${size} bytes, and GitHub takes assets under ${assetLimit}`,
        hint: 'Publish qcow2 instead of raw, or compress it.',
      });
    if (size === 0) problems.push({ message: `'${path}' is empty, and GitHub takes no empty asset` });
  }
  if (assets.length > mostAssets)
    problems.push({ message: `${assets.length} files, and a release has at most ${mostAssets} assets` });
  return problems;
}

/**
 * Compares what a release should have with what it has. What is right is never touched.
 * @throws ProblemsError when a published release has something else under a name: that is for a person to decide
 */
export function assetSteps(
  wanted: readonly WantedAsset[],
  found: readonly FoundAsset[],
  published: boolean,
): AssetSteps {
  const steps: AssetSteps = { keep: [], remove: [], upload: [] };
  const problems: Problem[] = [];
  for (const one of wanted) {
    const there = found.find(({ name }) => name === one.name);
    if (there === undefined) steps.upload.push(one);
    else if (isRight(there, one)) steps.keep.push(one);
    else if (there.state === 'uploaded' && published)
      problems.push({
        message: `The release is published and has another '${one.name}' (${there.digest ?? `${there.size} bytes`})`,
        hint: 'Use another tag, or remove that asset yourself.',
      });
    else {
      steps.remove.push(there);
      steps.upload.push(one);
    }
  }
  if (problems.length > 0) throw new ProblemsError(problems);
  return steps;
}

/** Whether a release has these assets and no other, all of them by digest. */
export function hasExactly(found: readonly FoundAsset[], wanted: readonly WantedAsset[]): boolean {
  const isThere = (one: WantedAsset) =>
    found.some((there) => there.name === one.name && there.digest !== null && isRight(there, one));
  return found.length === wanted.length && wanted.every(isThere);
}

/** Whether GitHub has these bytes. */
export function isRight(there: FoundAsset, wanted: WantedAsset): boolean {
  return (
    there.state === 'uploaded' &&
    there.size === wanted.size &&
    (there.digest === null || there.digest === `sha256:${wanted.sha256}`)
  );
}
