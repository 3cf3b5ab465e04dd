import { order } from '../base/order.ts';
import { failOnProblems, type Problem } from '../base/problems.ts';

/** A file that is to be part of a release. */
export interface WantedAsset {
  path: string;
  /** The name of the asset: see {@link assetName}. */
  name: string;
  size: number;
  /** SHA-256, hex. */
  sha256: string;
}

/** An asset of a release, as GitHub's REST service describes it. */
export interface FoundAsset {
  id: number;
  name: string;
  size: number;
  /** `starter`: an unfinished upload. */
  state: string;
  /** `sha256:<hex>`; releases from before 2025 have none. */
  digest: string | null;
}

/** The steps that give a release its wanted assets. */
export interface AssetSteps {
  keep: WantedAsset[];
  /** Broken uploads, and assets of a draft with other bytes. */
  remove: FoundAsset[];
  upload: WantedAsset[];
}

/** Bytes. GitHub accepts only smaller assets. */
export const assetLimit = 2 ** 31;

/** The most assets of a release. */
const mostAssets = 1000;

/**
 * Returns the name of a file's asset. GitHub renames files with other characters, or with dots at the ends. It keeps this
 * name, so that `SHA256SUMS` is correct. Pure.
 */
export function assetName(file: string): string {
  return file.replace(/[^A-Za-z0-9_+@-]+/g, '.').replace(/^\.+|\.+$/g, '');
}

/** Returns `SHA256SUMS` as `sha256sum --check` reads it, with the names of the assets. Pure. */
export function sha256Sums(assets: readonly WantedAsset[]): string {
  const sorted = assets.toSorted((a, b) => order(a.name, b.name));
  return sorted.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
}

/** Returns the reasons why files cannot be the assets of one release. Pure. */
export function assetProblems(assets: readonly WantedAsset[]): Problem[] {
  const problems: Problem[] = [];
  const byName = new Map<string, string>();
  for (const { path, name, size } of assets) {
    const other = byName.get(name);
    const add = (message: string, hint?: string) => problems.push({ message: `'${path}' ${message}`, hint });
    if (other !== undefined)
      add(`and '${other}' would both be the asset '${name}'`, 'Give them names of their own.');
    byName.set(name, path);
    if (size >= assetLimit)
      add(
        `has ${size} bytes, and GitHub takes assets under ${assetLimit}`,
        'Publish qcow2 instead of raw, or compress it.',
      );
    if (size === 0) add('is empty, and GitHub takes no empty asset');
  }
  if (assets.length > mostAssets)
    problems.push({ message: `${assets.length} files, and a release has at most ${mostAssets} assets` });
  return problems;
}

/**
 * Compares a release's wanted assets with its existing ones. An asset with the right bytes is never touched. Pure.
 * @throws ProblemsError when a published release has other bytes under a wanted name, which its owner must decide about
 */
export function assetSteps(
  wanted: readonly WantedAsset[],
  found: readonly FoundAsset[],
  published: boolean,
): AssetSteps {
  const steps: AssetSteps = { keep: [], remove: [], upload: [] };
  const problems: Problem[] = [];
  for (const one of wanted) {
    const existing = found.find(({ name }) => name === one.name);
    if (existing === undefined) steps.upload.push(one);
    else if (isSame(existing, one)) steps.keep.push(one);
    else if (existing.state === 'uploaded' && published) {
      const message = `The release is published and has another '${one.name}'`;
      const other = existing.digest ?? `${existing.size} bytes`;
      problems.push({
        message: `${message} (${other})`,
        hint: 'Use another tag, or remove that asset yourself.',
      });
    } else {
      steps.remove.push(existing);
      steps.upload.push(one);
    }
  }
  failOnProblems(problems);
  return steps;
}

/** Returns the names of the wanted assets that a release does not have, or has with other bytes. Pure. */
export function lackingAssets(found: readonly FoundAsset[], wanted: readonly WantedAsset[]): string[] {
  const isThere = (one: WantedAsset) =>
    found.some((existing) => existing.name === one.name && isSame(existing, one));
  return wanted.filter((one) => !isThere(one)).map(({ name }) => name);
}

/** True if a release has exactly these assets, all with known digests. Pure. */
export function hasExactly(found: readonly FoundAsset[], wanted: readonly WantedAsset[]): boolean {
  const isThere = (one: WantedAsset) =>
    found.some((existing) => existing.name === one.name && existing.digest !== null && isSame(existing, one));
  return found.length === wanted.length && wanted.every(isThere);
}

/** True if an asset is uploaded with these bytes. Pure. */
export function isSame(existing: FoundAsset, wanted: WantedAsset): boolean {
  return (
    existing.state === 'uploaded' &&
    existing.size === wanted.size &&
    (existing.digest === null || existing.digest === `sha256:${wanted.sha256}`)
  );
}
