import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../build-dist.ts';
import { commitAll, copyFile, git, listFiles } from '../git.ts';
import { publishTrees, treeTag } from '../publish-trees.ts';

/** Number of matrix jobs that act runs at the same time. */
export const jobsAtOnce = 4;

/** Replaces expressions in `max-parallel`: act 0.2.89 takes them for 1. Pure. */
export function readableForAct(workflow: string): string {
  return workflow.replace(/^( +max-parallel:) \$\{\{.*\}\}$/gm, `$1 ${jobsAtOnce}`);
}

/**
 * Makes the published trees below `dir`, changed for act.
 * @returns names in workflows (`azl/toolchain@v1`, `azl/toolchain@<commit>`) → folder
 */
export async function treesForAct(dir: string): Promise<Map<string, string>> {
  const trees = await publishTrees(dir);
  const names = new Map<string, string>();
  for (const [name, folder] of trees) {
    const commits = (await git(folder, ['rev-list', 'HEAD'])).split('\n');
    for (const ref of [treeTag, ...commits]) names.set(`azl/${name}@${ref}`, folder);
  }
  const actions = trees.get('actions') as string;
  for (const path of await listFiles(actions)) {
    if (!path.startsWith('.github/workflows/')) continue;
    const file = join(actions, path);
    writeFileSync(file, readableForAct(readFileSync(file, 'utf8')));
  }
  await git(actions, ['tag', '--delete', treeTag]);
  await commitAll(actions, 'As act reads it', await git(actions, ['log', '-1', '--format=%cI']));
  await git(actions, ['tag', treeTag]);
  return names;
}

/** Copies the current files of a repository, without those that git ignores, to one of their own below `dir`. */
export async function copyRepository(from: string, dir: string): Promise<string> {
  const copy = join(dir, 'checkout');
  for (const path of await listFiles(from)) copyFile(join(from, path), join(copy, path));
  await commitAll(copy, 'The files as they are', await git(repository, ['log', '-1', '--format=%cI']));
  return copy;
}

/** Copies the current files of this checkout to a repository of their own below `dir`. @returns its folder */
export async function copyCheckout(dir: string): Promise<string> {
  return await copyRepository(repository, dir);
}
