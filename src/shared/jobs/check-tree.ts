import { relative } from 'node:path';
import type { Log } from '../base/log.ts';
import { byPlace, failOnProblems, type Problem, ProblemsError } from '../base/problems.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { textToSearch } from '../host/find-places.ts';
import type { PackagePlan, UnmetRequirement } from '../model/outcome.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { planBuilds } from '../planner/engine.ts';
import type { KnownError } from '../planner/tree-failures.ts';
import { type PlaceOf, treeProblems, unmetProblems } from '../planner/tree-problems.ts';
import { keyOf, spellingsOf } from '../rpm/capability.ts';
import { parseRequirement, plainCapabilitiesOf } from '../rpm/requirement.ts';
import type { Tree } from '../solver/solve-root.ts';
import { findSpecs, type SpecError, specFile } from '../specs/find.ts';
import { requirementLines } from '../specs/requirement-line.ts';
import { sketchSpec } from '../specs/sketch.ts';
import { isPlainFileName } from '../specs/text.ts';
import type { ChosenPackages } from './choose-run.ts';

/** Problems of the specs folder itself, not of a spec in it. */
export async function specFolderProblems(specsDirs: readonly string[]): Promise<Problem[]> {
  const { errors } = await findSpecs(specsDirs);
  return errors.filter(isOfFolder).map(({ problem }) => problem);
}

/** True for an error that no package can have: it concerns the folder, or a name that no package may have. */
export function isOfFolder({ packages }: SpecError): boolean {
  return !packages.some(isPlainFileName);
}

/** Sketches the packages whose specs do not parse, so that what needs them is known. */
export function sketchesOf(
  specsDirs: readonly string[],
  specs: readonly Spec[],
  errors: readonly SpecError[],
): Spec[] {
  const known = new Map(specs.map((spec) => [spec.package, spec]));
  const sketches: Spec[] = [];
  for (const { packages, problem } of errors)
    for (const name of packages) {
      if (known.has(name) || !isPlainFileName(name)) continue;
      const { file = '' } = problem;
      const specsDir = specsDirs.find((one) => !relative(one, file).startsWith('..')) ?? '';
      const found = { package: name, specsDir, path: relative(specsDir, file) };
      const sketch = sketchSpec(found, textToSearch(file, specsDir));
      known.set(name, sketch);
      sketches.push(sketch);
    }
  return sketches;
}

/** The errors of packages of a run that show without a look at other packages: of their specs, of their sources. */
export async function errorsOfPackages(
  tree: Tree,
  names: readonly string[],
  errors: readonly SpecError[],
): Promise<KnownError[]> {
  const known: KnownError[] = [];
  const inRun = new Set(names);
  const isSketch = (name: string) => tree.declared.specs.get(name)?.version === '';
  for (const { packages, problem } of errors)
    for (const name of packages.filter((one) => inRun.has(one)))
      known.push({ package: name, kind: isSketch(name) ? 'spec' : 'clash', problem });
  for (const name of names) {
    await tree.sources(name).catch((error: unknown) => {
      if (!(error instanceof ProblemsError)) throw error;
      known.push(...error.problems.map((problem): KnownError => ({ package: name, kind: 'input', problem })));
    });
  }
  return known;
}

/**
 * Checks everything that shows before anything is built, for the packages that may not fail: errors of specs and sources,
 * requirements that nothing provides, cycles. Errors of specs that this run does not need are warnings, unless something
 * is missing, which such a spec might provide.
 * @param checks further requirements of the checks that are run
 * @throws ProblemsError
 */
export function checkStrict(
  tree: Tree,
  { names, strict }: Pick<ChosenPackages, 'names' | 'strict'>,
  { errors, known }: { errors: readonly SpecError[]; known: readonly KnownError[] },
  log: Log,
  checks: (name: string) => readonly Capability[],
): void {
  const place = placeIn(tree.declared.specs);
  const unsatisfied = treeProblems(tree.declared, [...strict], place, tree.specs, checks);
  const inRun = new Set(names);
  const isUnneeded = ({ packages }: SpecError) => !packages.some((name) => inRun.has(name));
  const own = known.filter((one) => strict.has(one.package)).map(({ problem }) => problem);
  const unneeded = errors.filter(isUnneeded);
  const perhaps = unsatisfied.length > 0 ? unneeded.map(({ problem }) => problem) : [];
  failOnProblems([...new Set([...own, ...perhaps, ...unsatisfied])]);
  for (const { problem } of unneeded) log.warn({ ...problem, hint: 'This run does not need it: left out.' });
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
  const revealed = unmetInTree(context.tree, unmet).filter((one) => !known.has(nameOf(one)));
  return new ProblemsError([...error.problems, ...revealed].sort(byPlace));
}

/** A problem for each requirement that results of builds show to be unmet, at its line of the spec. */
export function unmetInTree({ declared, specs }: Tree, unmet: readonly UnmetRequirement[]): Problem[] {
  return unmetProblems(declared, unmet, placeIn(declared.specs), specs);
}

/** Finds the lines of requirements in the specs of a tree. */
export function placeIn(specs: ReadonlyMap<string, Spec>): PlaceOf {
  const lines = new Map<string, ReturnType<typeof requirementLines>>();
  return (name, tag, capability) => {
    const spec = specs.get(name) as Spec;
    const file = specFile(spec);
    const lineOf = lines.get(file) ?? requirementLines(() => textToSearch(file, spec.specsDir));
    lines.set(file, lineOf);
    const names = plainCapabilitiesOf(parseRequirement(capability)).map(keyOf).flatMap(spellingsOf);
    return { file, line: lineOf(tag, names) };
  };
}
