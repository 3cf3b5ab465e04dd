import { addToList } from '../base/add-to-list.ts';
import { formatProblem, type Problem } from '../base/problems.ts';
import { declaredNeeds, needsBySpecs, needsWithout } from '../graph/declared-needs.ts';
import type { DeclaredGraph } from '../graph/graph.ts';
import type { FailureKind, TreeFailure } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import { blockedBy } from './blocked-by.ts';
import { cycleProblems, type PlaceOf, problemsOfUnmet } from './tree-problems.ts';

/** An error of a package that was found when its files were read. */
export interface KnownError {
  package: string;
  kind: FailureKind;
  problem: Problem;
}

/**
 * The packages that a tree alone keeps from being built: those with errors of their own, with a requirement that nothing
 * provides, in a cycle; and what needs them for certain. Pure.
 * @param known errors that were found when specs and sources were read
 * @param specs all of the tree, also those for other architectures
 */
export function treeFailures(
  graph: DeclaredGraph,
  names: readonly string[],
  known: readonly KnownError[],
  place: PlaceOf,
  specs: readonly Spec[],
): Map<string, TreeFailure> {
  const own = new Map<string, KnownError[]>();
  for (const one of known) addToList(own, one.package, one);
  for (const one of requirementErrors(graph, names, place, specs)) addToList(own, one.package, one);
  for (const { cycle, problem } of cycleProblems(graph, names, place))
    for (const step of cycle) addToList(own, step.package, { package: step.package, kind: 'cycle', problem });
  const inRun = new Set(names);
  const failures = new Map<string, TreeFailure>();
  for (const [name, errors] of own) {
    const { file } = place(name, 'BuildRequires', '');
    if (inRun.has(name)) failures.set(name, failureOf(errors, file));
  }
  addBlocked(graph, names, failures);
  return failures;
}

/** @param file the package's spec, as problems name it */
function failureOf(errors: readonly KnownError[], file: string): TreeFailure {
  const problems = errors.map(({ problem }) => problem);
  const { kind } = errors[0] as KnownError;
  const line = problems.find((one) => one.file === file)?.line;
  return { state: 'failed', reason: problems.map(formatProblem).join('; '), kind, problems, line };
}

function requirementErrors(
  graph: DeclaredGraph,
  names: readonly string[],
  place: PlaceOf,
  specs: readonly Spec[],
): KnownError[] {
  const unmet = names.flatMap((name) => needsBySpecs(graph, name).missing);
  return [...problemsOfUnmet(graph, unmet, place, specs)].map(([{ path }, problem]) => {
    return { package: path[0] as string, kind: 'requirement', problem };
  });
}

/** Adds what needs failed packages for certain, through any number of builds. */
function addBlocked(
  graph: DeclaredGraph,
  names: readonly string[],
  failures: Map<string, TreeFailure>,
): void {
  const users = new Map<string, string[]>();
  for (const name of names) for (const need of declaredNeeds(graph, name)) addToList(users, need, name);
  const all = new Set(failures.keys());
  const blocked: string[] = [];
  for (let added: readonly string[] = [...all]; added.length > 0; ) {
    const failedNeeds = failedNeedsIn(graph, new Set(all));
    const touched = new Set(added.flatMap((name) => users.get(name) ?? []));
    added = [...touched].filter((name) => !all.has(name) && failedNeeds(name).length > 0);
    for (const name of added) all.add(name);
    blocked.push(...added);
  }
  const failedNeeds = failedNeedsIn(graph, all);
  // The first ones need what failed itself, each later one also what is blocked before it.
  const needs = new Map(blocked.map((name) => [name, failedNeeds(name)]));
  const block = (name: string) => {
    const by = needs.get(name);
    if (by === undefined || failures.has(name)) return;
    needs.delete(name);
    for (const one of by) block(one);
    failures.set(name, blockedBy(by, failures));
  };
  for (const name of blocked) block(name);
}

/**
 * Finds the failed packages that a package needs for certain. One that was chosen by its name alone is not: if it fails,
 * the next best is chosen.
 */
function failedNeedsIn(graph: DeclaredGraph, failed: ReadonlySet<string>): (name: string) => string[] {
  const needsOf = needsWithout(graph, failed);
  return (name) => {
    const { packages, guessed } = needsBySpecs(graph, name);
    if (![...guessed].some((one) => failed.has(one))) return packages.filter((one) => failed.has(one));
    const { waits, missing } = needsOf(name);
    return [...waits.map((one) => one.package), ...missing.flatMap((one) => one.failed)];
  };
}
