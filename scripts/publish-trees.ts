import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { order } from '../src/shared/base/order.ts';
import { failOnProblems, type Problem, problem } from '../src/shared/base/problems.ts';
import { repository } from './build-dist.ts';
import { commitAll, copyFile, git, listFiles } from './git.ts';
import { publishedLinks } from './published-links.ts';
import { interfaceOf, parseWorkflow } from './workflows/workflow.ts';

/** The tag of the published trees. */
export const treeTag = 'v1';

/** The name of a file in a tree's `.git`: it contains the commit that was made there. */
const mark = 'azl-tree';

/** The trees that are published, by name: path in the tree → path in the checkout. */
export type Trees = Map<string, Map<string, string>>;

/**
 * Returns the published files of a checkout: a tree for each action, without its sources, and the tree `actions` with
 * the reusable workflows and the docs. Pure.
 * @param isReusable true for a file of `.github/workflows` that is a reusable workflow
 */
export function treesOf(files: readonly string[], isReusable: (path: string) => boolean): Trees {
  const trees: Trees = new Map();
  const put = (tree: string, path: string, from: string) => {
    if (!trees.has(tree)) trees.set(tree, new Map([['LICENSE', 'LICENSE']]));
    trees.get(tree)?.set(path, from);
  };
  put('actions', 'README.md', 'README.md');
  for (const file of [...files].sort(order)) {
    const [, action, path] = /^actions\/([^/]+)\/(?!src\/)(.+)$/.exec(file) ?? [];
    if (action !== undefined && path !== undefined) put(action, path, file);
    if (file.startsWith('docs/')) put('actions', file, file);
    if (/^\.github\/workflows\/[^/]+\.yml$/.test(file) && isReusable(file)) put('actions', file, file);
  }
  return trees;
}

/**
 * Makes each tree a repository below `dir`, with one commit and the tag v1, from the current files of the checkout.
 * Bundles are not rebuilt. Trees of an earlier call are replaced.
 * @returns name → folder
 * @throws ProblemsError, before anything is written, if something else is in the way
 */
export async function publishTrees(dir: string): Promise<Map<string, string>> {
  const files = await listFiles(repository);
  const text = (path: string) => readFileSync(join(repository, path), 'utf8');
  const trees = treesOf(files, (path) => interfaceOf(parseWorkflow(text(path))) !== undefined);
  const blocking: Problem[] = [];
  for (const name of trees.keys()) {
    const target = join(dir, name);
    if (existsSync(target) && !(await isOurs(target)))
      blocking.push({
        message: 'This folder was not made by make publish-trees, or has changed since',
        file: target,
        hint: 'Move it away, or give another folder as DIR.',
      });
  }
  failOnProblems(blocking);
  const [commit, date] = (await git(repository, ['log', '-1', '--format=%H %cI'])).split(' ') as [
    string,
    string,
  ];
  const repositories = new Map<string, string>();
  for (const [name, content] of trees) {
    const target = join(dir, name);
    rmSync(target, { recursive: true, force: true });
    for (const [path, from] of content) {
      copyFile(join(repository, from), join(target, path));
      if (path.endsWith('.md')) writeFileSync(join(target, path), publishedLinks(text(from), from, content));
    }
    const own = await commitAll(target, `azl/${name} of ${commit.slice(0, 12)}`, date);
    await git(target, ['tag', treeTag]);
    writeFileSync(join(target, '.git', mark), `${own}\n`);
    repositories.set(name, target);
  }
  return repositories;
}

/** True for an empty folder, and for an unchanged repository that an earlier call made. */
async function isOurs(target: string): Promise<boolean> {
  if (!statSync(target).isDirectory()) return false;
  if (readdirSync(target).length === 0) return true;
  const file = join(target, '.git', mark);
  if (!existsSync(file)) return false;
  if ((await git(target, ['rev-parse', 'HEAD'])) !== readFileSync(file, 'utf8').trim()) return false;
  return (await git(target, ['status', '--porcelain', '--ignored'])) === '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.env['DIR'] ?? '';
  try {
    if (given === '')
      throw problem('DIR is empty', { hint: 'Name the output folder: make publish-trees DIR=<folder>.' });
    for (const [name, dir] of await publishTrees(resolve(process.env['AZL_CWD'] ?? '.', given)))
      console.log(`azl/${name}@${treeTag}: ${dir}`);
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exit(1);
  }
}
