import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { failOnProblems, type Problem, ProblemsError } from '../base/problems.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { treeProblems } from '../planner/tree-problems.ts';
import { nameOf } from '../rpm/requirement.ts';
import type { Tree } from '../solver/solve-root.ts';
import { findSpecs, type SpecError } from '../specs/find.ts';

/** Problems of the specs folder itself, not of a spec in it. */
export async function specFolderProblems(specsDir: string): Promise<Problem[]> {
  const { errors } = await findSpecs(specsDir);
  return errors.filter(isOfFolder).map(({ problem }) => problem);
}

/**
 * Checks everything that shows before anything is built: sources without digests, requirements that nothing provides,
 * cycles. Errors of specs that this run does not need are warnings, unless something is missing, which such a spec might
 * provide.
 * @param checks further requirements of the checks that are run
 * @throws ProblemsError
 */
export async function checkTree(
  { specsDir }: Pick<TreeInputs, 'specsDir'>,
  tree: Tree,
  names: readonly string[],
  errors: readonly SpecError[],
  log: Log,
  checks: (name: string) => readonly Capability[],
): Promise<void> {
  const problems: Problem[] = [];
  for (const name of names) {
    await tree.sources(name).catch((error: unknown) => {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    });
  }
  const place = placeIn(specsDir, tree.declared.specs);
  const unsatisfied = treeProblems(tree.declared, names, place, tree.specs, checks);
  const isNeeded = (error: SpecError) =>
    unsatisfied.length > 0 || isOfFolder(error) || error.packages.some((name) => names.includes(name));
  failOnProblems([...errors.filter(isNeeded).map(({ problem }) => problem), ...problems, ...unsatisfied]);
  for (const { problem } of errors) log.warn({ ...problem, hint: 'This run does not need it: left out.' });
}

function isOfFolder({ packages }: SpecError): boolean {
  return packages.length === 0;
}

/** The first line of a spec that states a requirement. */
function placeIn(specsDir: string, specs: ReadonlyMap<string, Spec>) {
  return (name: string, capability: string) => {
    const file = join(specsDir, specs.get(name)?.path ?? `${name}.spec`);
    const wanted = nameOf(capability);
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) => wanted !== '' && /Requires/i.test(line) && line.includes(wanted));
    return at === -1 ? { file } : { file, line: at + 1 };
  };
}
