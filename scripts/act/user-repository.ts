import { existsSync, globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { nearestName } from '../../src/shared/base/nearest-name.ts';
import { failOnProblems, problem } from '../../src/shared/base/problems.ts';
import { shellWord } from '../../src/shared/base/shell-word.ts';
import { ToolError } from '../../src/shared/host/process.ts';
import { repository as checkout } from '../build-dist.ts';
import { git } from '../git.ts';
import { callsIn } from '../workflows/calls.ts';
import { eventsOf, interfaceOf, parseWorkflow, type Workflow } from '../workflows/workflow.ts';

/** The folder of workflows in a repository. */
export const workflowFolder = '.github/workflows';

/** The workflows of `make act` without WORKFLOW, in this order: a pull request reuses what a nightly run stored. */
const standard = ['nightly', 'pull-request'];
/** The events that `make act` can simulate: of those that start a workflow, the first one in this list. */
const events = ['workflow_dispatch', 'pull_request', 'push'];

/** A workflow that an event starts. */
export interface StartableWorkflow {
  /** Its file name without `.yml`. */
  name: string;
  /** Relative to the repository. */
  path: string;
  event: string;
  /** True if it starts only for tags. */
  forTags: boolean;
}

/**
 * Returns the folder of the repository whose workflows run: `given`, else the folder in which the user stands if it
 * has workflows, else this checkout.
 * @param given REPO; empty if not given
 */
export function repositoryToRun(given: string, cwd: string): string {
  if (given !== '') return resolve(cwd, given);
  return existsSync(join(cwd, workflowFolder)) ? resolve(cwd) : checkout;
}

/** @throws ProblemsError unless `dir` is in a git repository */
export async function checkRepository(dir: string): Promise<void> {
  const state = statSync(dir, { throwIfNoEntry: false });
  if (state?.isDirectory() !== true) {
    const hint = 'Name the folder of your repository: make act REPO=<folder>.';
    throw problem(`REPO is '${dir}', which ${state === undefined ? 'does not exist' : 'is no folder'}`, {
      hint,
    });
  }
  try {
    await git(dir, ['rev-parse', '--git-dir']);
  } catch (error) {
    throw error instanceof ToolError ? refusedByGit(dir, error.stderr) : error;
  }
}

function refusedByGit(dir: string, said: string): Error {
  if (said.includes('not a git repository (')) {
    const hint = `Make it one: git -C ${shellWord(dir)} init`;
    return problem(`'${dir}' is no git repository, and GitHub runs workflows of repositories only`, { hint });
  }
  const reason = said.split('\n', 1)[0]?.replace(/^fatal: /, '');
  const top = /ownership in repository at '(.+)'$/m.exec(said)?.[1];
  return problem(`git does not read the repository of '${dir}': ${reason}`, {
    ...(top !== undefined && { hint: `Name its own folder: make act REPO=${shellWord(top)}` }),
  });
}

/** Reads the workflow files of a repository. @throws ProblemsError if there are none, or one is no YAML */
export function readWorkflows(dir: string): Map<string, Workflow> {
  const paths = globSync(`${workflowFolder}/*.{yml,yaml}`, { cwd: dir }).sort();
  if (paths.length === 0) {
    const hint = `This writes three: cd ${shellWord(dir)} && make -C ${shellWord(checkout)} init`;
    throw problem(`There is no workflow in ${join(dir, workflowFolder)}`, { hint });
  }
  const problems: { file: string; message: string }[] = [];
  const workflows = new Map<string, Workflow>();
  for (const path of paths) {
    try {
      workflows.set(path, parseWorkflow(readFileSync(join(dir, path), 'utf8')));
    } catch (error) {
      problems.push({ file: join(dir, path), message: (error as Error).message.split('\n')[0] as string });
    }
  }
  failOnProblems(problems);
  return workflows;
}

/** Returns the workflows that an event starts, by name. Pure. */
export function startable(workflows: ReadonlyMap<string, Workflow>): Map<string, StartableWorkflow> {
  const found = new Map<string, StartableWorkflow>();
  for (const [path, workflow] of workflows) {
    const event = events.find((one) => eventsOf(workflow).includes(one));
    if (interfaceOf(workflow) !== undefined || event === undefined) continue;
    const name = basename(path).replace(/\.ya?ml$/, '');
    const push = typeof workflow.on === 'object' && 'push' in workflow.on ? workflow.on['push'] : undefined;
    const filters = Object.keys(push ?? {});
    const forTags = event === 'push' && filters.includes('tags') && !filters.includes('branches');
    found.set(name, { name, path, event, forTags });
  }
  return found;
}

/**
 * Returns the workflows to run: the one that WORKFLOW names, else the standard ones that are there, else all. Pure.
 * @param given WORKFLOW; empty if not given
 * @throws ProblemsError if there is none
 */
export function workflowsToRun(
  given: string,
  all: ReadonlyMap<string, StartableWorkflow>,
): StartableWorkflow[] {
  const some = standard.flatMap((name) => all.get(name) ?? []);
  if (given === '' && all.size > 0) return some.length > 0 ? some : [...all.values()];
  const found = all.get(given.replace(/\.ya?ml$/, ''));
  if (found !== undefined) return [found];
  const guess = nearestName(given, [...all.keys()]);
  const list =
    all.size === 0
      ? `It knows the events ${events.join(', ')}.`
      : `There are: ${[...all.keys()].join(', ')}.`;
  const what = given === '' ? 'no workflow' : `no workflow '${given}'`;
  throw problem(`There is ${what} that an event of make act starts`, {
    hint: guess === undefined ? list : `Did you mean '${guess}'? ${list}`,
  });
}

/**
 * Returns `trees` with every ref by which the workflows call azl: they run what this checkout has, also if they are
 * pinned to another release. Pure.
 * @param trees `azl/actions@v1` → folder
 */
export function withRefsOf(
  workflows: Iterable<Workflow>,
  trees: ReadonlyMap<string, string>,
): Map<string, string> {
  const all = new Map(trees);
  for (const { uses } of [...workflows].flatMap(callsIn)) {
    const [, name, ref] = /^azl\/([^/@]+)(?:\/[^@]*)?@(.+)$/.exec(uses) ?? [];
    const folder = trees.get(`azl/${name}@v1`);
    if (folder !== undefined) all.set(`azl/${name}@${ref}`, folder);
  }
  return all;
}

/** Returns a repository's name for `GITHUB_REPOSITORY`. */
export function nameOf(dir: string): string {
  if (realpathSync(dir) === realpathSync(checkout)) return 'azl/actions';
  return `local/${basename(realpathSync(dir)).replaceAll(/[^\w.-]/g, '-') || 'repository'}`;
}
