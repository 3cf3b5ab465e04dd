import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rememberCall } from '../cli/src/make-call.ts';
import { order } from '../src/shared/base/order.ts';
import { failOnProblems, type Problem, problem } from '../src/shared/base/problems.ts';
import { repository } from './build-dist.ts';
import { commitAll, copyFile, git, listFiles } from './git.ts';
import { publishedLinks } from './published-links.ts';
import { commitOrder, pinUses } from './release-pins.ts';
import { callsIn, isPinned } from './workflows/calls.ts';
import { interfaceOf, parseWorkflow } from './workflows/workflow.ts';

/** The tag of the published trees. */
export const treeTag = 'v1';

/** Returns the tag of one release in all its repositories. It never moves, so that the commits of a release stay. */
export function releaseTag(commit: string): string {
  return `${treeTag}-${commit.slice(0, 12)}`;
}

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
 * Makes each tree a repository below `dir`, from the current files of the checkout. Its last commit has the tag v1, and one
 * of this release alone ({@link releaseTag}). The workflows of `actions` call the others by their commits. Bundles are not
 * rebuilt. Trees of an earlier call are replaced.
 * @returns name → folder
 * @throws ProblemsError, before anything is written, if something else is in the way
 */
export async function publishTrees(dir: string): Promise<Map<string, string>> {
  const files = await listFiles(repository);
  const trees = treesOf(files, (path) => interfaceOf(parseWorkflow(textOf(path))) !== undefined);
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
  const tag = releaseTag(commit);
  for (const name of trees.keys()) rmSync(join(dir, name), { recursive: true, force: true });
  await commitTrees(dir, trees, { commit, date, tag });
  const repositories = new Map([...trees.keys()].map((name) => [name, join(dir, name)]));
  for (const target of repositories.values()) {
    failOnProblems(mutableUsesIn(target));
    for (const name of [treeTag, tag]) await git(target, ['tag', name]);
    writeFileSync(join(target, '.git', mark), `${await git(target, ['rev-parse', 'HEAD'])}\n`);
  }
  return repositories;
}

/** Commits the trees below `dir`: the actions first, then the workflows, which name the actions' commits. */
async function commitTrees(
  dir: string,
  trees: Trees,
  { commit, date, tag }: { commit: string; date: string; tag: string },
): Promise<void> {
  const commits = { actions: new Map<string, string>(), workflows: new Map<string, string>() };
  const commitFiles = async (name: string, paths: Iterable<string>) => {
    const tree = trees.get(name) as Map<string, string>;
    for (const path of paths) {
      const from = tree.get(path) as string;
      const target = join(dir, name, path);
      copyFile(join(repository, from), target);
      if (path.endsWith('.md')) writeFileSync(target, publishedLinks(textOf(from), from, tree));
      if (isWorkflow(path)) writeFileSync(target, pinUses(textOf(from), commits, tag));
    }
    return await commitAll(join(dir, name), `azl/${name} of ${commit.slice(0, 12)}`, date);
  };
  for (const [name, tree] of trees)
    if (name !== 'actions') commits.actions.set(name, await commitFiles(name, tree.keys()));
  const paths = [...(trees.get('actions') as Map<string, string>).keys()];
  const workflows = new Map(paths.filter(isWorkflow).map((path) => [path, textOf(path)]));
  const others = paths.filter((path) => !isWorkflow(path));
  for (const level of commitOrder(workflows)) {
    const own = await commitFiles('actions', [...others, ...level]);
    for (const path of level) commits.workflows.set(path, own);
  }
}

/** Returns a problem for each call in the workflows and actions of a published tree that a moved tag would change. */
export function mutableUsesIn(tree: string): Problem[] {
  return globSync(['.github/workflows/*.yml', '**/action.yml'], { cwd: tree }).flatMap((path) => {
    const { jobs = {}, runs } = parseWorkflow(readFileSync(join(tree, path), 'utf8'));
    return callsIn({ jobs: { ...jobs, runs: { steps: runs?.steps ?? [] } } })
      .filter(({ uses }) => !isPinned(uses))
      .map(({ place, uses }) => ({
        message: `${place}: ${uses} is not pinned by a commit`,
        file: join(tree, path),
      }));
  });
}

function textOf(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

function isWorkflow(path: string): boolean {
  return path.startsWith('.github/workflows/');
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
  const { workspace } = rememberCall(process.env['AZL_CWD'] ?? process.cwd(), process.env);
  try {
    if (given === '')
      throw problem('DIR is empty', { hint: 'Name the output folder: make publish-trees DIR=<folder>.' });
    for (const [name, dir] of await publishTrees(resolve(workspace, given)))
      console.log(`azl/${name}@${treeTag}: ${dir}`);
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exit(1);
  }
}
