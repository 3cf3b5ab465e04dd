import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failOnProblems, type Problem } from '../../src/shared/base/problems.ts';
import { ifAbsent } from '../../src/shared/host/files.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import type { ListedSpec } from './list.ts';
import { signedSpecs } from './specs-in-archive.ts';

/** The folders of a tree that tell its toolchain, its macro packages and its repositories. */
const facts = ['toolkit/resources/manifests/package', 'SPECS/azurelinux-repos'];

/**
 * Copies the folders of listed specs out of a checkout, unchanged, into a tree that holds them, the packages of macros,
 * and nothing else: what they need besides comes from stand-ins.
 * @returns the tree's folders of specs
 * @throws ProblemsError when the checkout lacks a listed spec
 */
export async function stageTree(
  specs: readonly ListedSpec[],
  checkout: string,
  dir: string,
): Promise<string[]> {
  await removeTree(dir);
  const trees = new Map<string, Set<string>>();
  for (const { tree, spec } of specs) trees.set(tree, (trees.get(tree) ?? new Set()).add(spec));
  const main = trees.get('SPECS') ?? new Set();
  for (const name of await macroSpecs(checkout)) main.add(name);
  trees.set('SPECS', main);
  const problems: Problem[] = [];
  for (const [tree, names] of trees) {
    const folders = await foldersOf(join(checkout, tree));
    for (const name of names) {
      const folder = folders.get(name);
      if (folder === undefined)
        problems.push({ file: join(checkout, tree), message: `there is no ${name}.spec` });
      else await copyFolder(join(checkout, tree, folder), join(dir, tree, folder), names);
    }
  }
  failOnProblems(problems);
  for (const folder of facts) {
    await mkdir(dirname(join(dir, folder)), { recursive: true });
    await cp(join(checkout, folder), join(dir, folder), { recursive: true }).catch(ifAbsent(undefined));
  }
  await rm(join(dir, 'SPECS/azurelinux-repos/azurelinux-repos.spec'), { force: true });
  return [...trees.keys()].sort().map((tree) => join(dir, tree));
}

/** Returns the specs of the tree's macros and generators, of which it has all sources itself. */
async function macroSpecs(checkout: string): Promise<string[]> {
  const isOfMacros = /-(?:s?rpm-macros|rpm-generators)$/;
  const signed = await signedSpecs(checkout, 'SPECS');
  return signed.flatMap(({ spec, remote }) => (isOfMacros.test(spec) && remote.length === 0 ? [spec] : []));
}

/** Returns the folder of each spec, by its name. */
async function foldersOf(specsDir: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(specsDir, { withFileTypes: true }).catch(ifAbsent([]))) {
    if (!entry.isDirectory()) continue;
    for (const name of await readdir(join(specsDir, entry.name)))
      if (name.endsWith('.spec')) found.set(name.slice(0, -'.spec'.length), entry.name);
  }
  return found;
}

/** Copies a folder of specs, but for specs that are not among `names`. */
async function copyFolder(from: string, to: string, names: ReadonlySet<string>): Promise<void> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) =>
      !path.endsWith('.spec') || names.has(path.slice(path.lastIndexOf('/') + 1, -'.spec'.length)),
  });
}
