import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TreeInputs } from '../model/inputs.ts';

/** The files of an Azure Linux tree besides its specs, as paths that begin as the folder of specs was written. */
export interface TreeLayout {
  /** The top of the tree: no link in it may lead out of it. */
  root: string;
  /** The list of all RPMs of the toolchain. */
  toolchainManifest: string | undefined;
  /** The list of the RPMs that the worker holds. */
  workerManifest: string | undefined;
  /** The list of the packages whose macros every spec may use. */
  macroPackages: string | undefined;
  /** The `.repo` files of the packages that Azure Linux itself releases. Sorted. */
  repoFiles: string[];
  /** The keys that sign released packages. Sorted. */
  gpgKeys: string[];
}

/** Without previews, debuginfo, and packages of others. */
const released = ['azurelinux-ms-oss.repo', 'azurelinux-official-base.repo'];

/** The folder that tells an Azure Linux tree from others. */
const manifests = 'toolkit/resources/manifests/package';

/**
 * Finds the Azure Linux tree that the first folder of specs lies in, from that folder upwards to the top of its git
 * repository. @returns undefined if there is none
 */
export function findLayout(specsDirs: readonly string[], arch: string): TreeLayout | undefined {
  const root = specsDirs[0] === undefined ? undefined : treeAround(specsDirs[0]);
  if (root === undefined) return undefined;
  const manifest = (name: string) => fileAt(join(root, manifests, name));
  const repos = join(root, 'SPECS/azurelinux-repos');
  return {
    root,
    toolchainManifest: manifest(`toolchain_${arch}.txt`),
    workerManifest: manifest(`pkggen_core_${arch}.txt`),
    macroPackages: manifest('macro_packages.txt'),
    repoFiles: filesIn(repos, (name) => released.includes(name)),
    gpgKeys: filesIn(repos, (name) => /^MICROSOFT-.*GPG-KEY$/.test(name)),
  };
}

function treeAround(specsDir: string): string | undefined {
  for (let at = specsDir; ; at = join(at, '..')) {
    if (statSync(join(at, manifests), { throwIfNoEntry: false })?.isDirectory()) return at;
    if (existsSync(join(at, '.git')) || resolve(at) === '/') return undefined;
  }
}

function fileAt(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

function filesIn(folder: string, isWanted: (name: string) => boolean): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter(isWanted)
    .sort()
    .map((name) => join(folder, name));
}

/** The server that has the sources of Azure Linux's specs by their names. */
export const azureLinuxSources = 'https://azurelinuxsrcstorage.blob.core.windows.net/sources/core';

/** Inputs that an Azure Linux tree can give. */
type LayoutInputs = Pick<TreeInputs, 'specsDir' | 'toolchainMode'> & GivenByLayout;
type GivenByLayout = Pick<TreeInputs, 'toolchainManifest' | 'workerManifest' | 'toolchainGpgValidationKeys'> &
  Partial<Pick<TreeInputs, 'macroPackages' | 'sourceUrl'>>;

/**
 * Returns the inputs of a job, those that are empty as its Azure Linux tree gives them. A manifest comes with its worker's
 * list and keys: one that was given has none of the tree's. Pure.
 */
export function withLayout<T extends LayoutInputs>(inputs: T, layout: TreeLayout | undefined): T {
  if (layout === undefined) return inputs;
  const { toolchainMode, toolchainManifest, workerManifest, toolchainGpgValidationKeys: keys } = inputs;
  const { macroPackages, sourceUrl } = inputs;
  const isOfTree = toolchainMode !== 'bootstrap' && toolchainManifest === '' && layout.toolchainManifest;
  return {
    ...inputs,
    ...(isOfTree && {
      toolchainManifest: layout.toolchainManifest,
      workerManifest: workerManifest || (layout.workerManifest ?? ''),
      toolchainGpgValidationKeys: keys.length > 0 ? keys : layout.gpgKeys,
    }),
    ...(macroPackages === '' && { macroPackages: layout.macroPackages ?? '' }),
    ...(sourceUrl === '' && { sourceUrl: azureLinuxSources }),
  };
}

/** Says which inputs of a job its Azure Linux tree gives, a line each. Pure. */
export function layoutLines(inputs: GivenByLayout, layout: TreeLayout | undefined): string[] {
  if (layout === undefined) return [];
  const keys = inputs.toolchainGpgValidationKeys;
  const found: [input: string, value: string | undefined, ofTree: string | undefined][] = [
    ['toolchain-manifest', inputs.toolchainManifest, layout.toolchainManifest],
    ['worker-manifest', inputs.workerManifest, layout.workerManifest],
    ['toolchain-gpg-validation-keys', keys.join(' ') || undefined, layout.gpgKeys.join(' ')],
    ['macro-packages', inputs.macroPackages, layout.macroPackages],
    ['source-url', inputs.sourceUrl, azureLinuxSources],
  ];
  const given = found.filter(([, value, ofTree]) => value !== undefined && value === ofTree);
  return [
    `Azure Linux's tree: ${layout.root}`,
    ...given.map(([input, value]) => `${input}: ${value} (of Azure Linux's tree)`),
  ];
}
