import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { byPlace, failOnProblems, type Problem, ProblemsError } from '../base/problems.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { textToSearch } from '../host/find-places.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { PackagePlan, UnmetRequirement } from '../model/outcome.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { planBuilds } from '../planner/engine.ts';
import { type PlaceOf, treeProblems, unmetProblems } from '../planner/tree-problems.ts';
import { keyOf, spellingsOf } from '../rpm/capability.ts';
import { parseRequirement, plainCapabilitiesOf } from '../rpm/requirement.ts';
import type { Tree } from '../solver/solve-root.ts';
import { findSpecs, type SpecError } from '../specs/find.ts';
import { requirementLines } from '../specs/requirement-line.ts';

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

/** Adds to the errors of a tree the unmet requirements that results in the store reveal: so one run names all. */
export async function withRevealed(
  error: ProblemsError,
  context: Pick<BuildContext, 'inputs' | 'tree' | 'store' | 'run' | 'log'>,
): Promise<ProblemsError> {
  // The errors of the tree end the run, also when the store or the solver gives no answer.
  const plan = await planBuilds(context).catch(() => new Map<string, PackagePlan>());
  const unmet = [...plan.values()].flatMap((one) => (one.state === 'failed' ? (one.unmet ?? []) : []));
  const nameOf = ({ file, message }: Problem) => `${file}: ${message}`;
  const known = new Set(error.problems.map(nameOf));
  const revealed = unmetInTree(context.inputs, context.tree, unmet).filter((one) => !known.has(nameOf(one)));
  return new ProblemsError([...error.problems, ...revealed].sort(byPlace));
}

/** A problem for each requirement that results of builds show to be unmet, at its line of the spec. */
export function unmetInTree(
  { specsDir }: Pick<TreeInputs, 'specsDir'>,
  { declared, specs }: Tree,
  unmet: readonly UnmetRequirement[],
): Problem[] {
  return unmetProblems(declared, unmet, placeIn(specsDir, declared.specs), specs);
}

function placeIn(specsDir: string, specs: ReadonlyMap<string, Spec>): PlaceOf {
  const lines = new Map<string, ReturnType<typeof requirementLines>>();
  return (name, tag, capability) => {
    const file = join(specsDir, specs.get(name)?.path ?? `${name}.spec`);
    const lineOf = lines.get(file) ?? requirementLines(() => textToSearch(file, specsDir));
    lines.set(file, lineOf);
    const names = plainCapabilitiesOf(parseRequirement(capability)).map(keyOf).flatMap(spellingsOf);
    return { file, line: lineOf(tag, names) };
  };
}
