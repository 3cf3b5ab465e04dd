import { problem } from '../src/shared/base/problems.ts';

/** A line that calls an action or a workflow of ours by the tag that callers use. */
const ownUse = /^([ \t]*(?:- )?uses: )azl\/([^/@\s]+)(\/[^@\s]+)?@v1[ \t]*$/gm;

/** The folder of workflows in the repository that has them. */
const inActions = /^\/(\.github\/workflows\/[^/]+)$/;

/** The commits of a release. */
export interface ReleaseCommits {
  /** The repository of an action (`build-packages`) → its commit. */
  actions: ReadonlyMap<string, string>;
  /** The path of a reusable workflow → the commit of `azl/actions` that holds it. */
  workflows: ReadonlyMap<string, string>;
}

/**
 * Returns a reusable workflow that calls actions and workflows of ours by the commits of this release, with its tag as a
 * comment. So who calls the workflow by a commit runs nothing that a tag can move. Pure.
 */
export function pinUses(text: string, { actions, workflows }: ReleaseCommits, tag: string): string {
  return text.replace(ownUse, (line, head: string, repository: string, path = '') => {
    const file = repository === 'actions' ? inActions.exec(path)?.[1] : undefined;
    const commit = file === undefined ? actions.get(repository) : workflows.get(file);
    return commit === undefined ? line : `${head}azl/${repository}${path}@${commit} # ${tag}`;
  });
}

/**
 * Returns the reusable workflows in the order of their commits: a commit holds only workflows whose callees are in
 * earlier ones, because a commit cannot name itself. Pure.
 * @param texts path → text
 * @throws ProblemsError for workflows that call each other in a circle
 */
export function commitOrder(texts: ReadonlyMap<string, string>): string[][] {
  const callees = new Map([...texts].map(([path, text]) => [path, calledWorkflows(text)]));
  const levels: string[][] = [];
  const done = new Set<string>();
  while (done.size < texts.size) {
    const level = [...callees].flatMap(([path, called]) =>
      !done.has(path) && called.every((one) => done.has(one) || !texts.has(one)) ? [path] : [],
    );
    if (level.length === 0) throw problem('Reusable workflows call each other in a circle');
    for (const path of level) done.add(path);
    levels.push(level);
  }
  return levels;
}

function calledWorkflows(text: string): string[] {
  return [...text.matchAll(ownUse)].flatMap(([, , repository, path = '']) =>
    repository === 'actions' ? (inActions.exec(path)?.[1] ?? []) : [],
  );
}
