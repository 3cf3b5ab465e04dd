import { order } from '../base/order.ts';
import { byPlace, type Problem } from '../base/problems.ts';
import { type CycleStep, describeCycle, findCycles } from '../graph/cycles.ts';
import { declaredNeeds, declaredPath, needsBySpecs } from '../graph/declared-needs.ts';
import type { DeclaredGraph } from '../graph/graph.ts';
import type { UnmetRequirement } from '../model/outcome.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec, SpecPackage } from '../model/spec.ts';
import { keyOf, mayBeRevealed, parseCapability } from '../rpm/capability.ts';
import { parseRequirement, plainCapabilitiesOf } from '../rpm/requirement.ts';
import { formatEvr } from '../rpm/version.ts';
import { specFile } from '../specs/find.ts';
import { nearestCapabilities, revealedBy } from './nearest-capabilities.ts';

/** Finds the place where the spec of a package states a requirement. */
export type PlaceOf = (
  name: string,
  tag: 'BuildRequires' | 'Requires' | '%generate_buildrequires',
  capability: Capability,
) => { file: string; line?: number | undefined };

/** Missing requirements of one report whose nearest names are looked for: each is compared with all that there is. */
export const mostSearched = 100;

/** Requirements of a package's %check. */
type Checks = (name: string) => readonly Capability[];

/**
 * The problems of a tree that show before anything of it is built: requirements that nothing provides, cycles.
 * @param specs all of the tree, also those for other architectures
 * @param checks further requirements of a package's %check, if it is run
 */
export function treeProblems(
  graph: DeclaredGraph,
  names: readonly string[],
  place: PlaceOf,
  specs: readonly Spec[],
  checks: Checks = () => [],
): Problem[] {
  const unmet = names.flatMap((name) => needsBySpecs(graph, name, checks(name)).missing);
  return [
    ...unmetProblems(graph, unmet, place, specs),
    ...cycleProblems(graph, names, place).map(({ problem }) => problem),
  ];
}

/** A problem for each requirement that nothing provides, once for each spec, in the order of files and lines. */
export function unmetProblems(
  graph: DeclaredGraph,
  unmet: readonly UnmetRequirement[],
  place: PlaceOf,
  specs: readonly Spec[],
): Problem[] {
  return [...new Set(problemsOfUnmet(graph, unmet, place, specs).values())].sort(byPlace);
}

/** The problem of each requirement that nothing provides: one problem for all packages that need the same RPM of a spec. */
export function problemsOfUnmet(
  graph: DeclaredGraph,
  unmet: readonly UnmetRequirement[],
  place: PlaceOf,
  specs: readonly Spec[],
): Map<UnmetRequirement, Problem> {
  const problems = new Map<string, Problem>();
  const near = new Map<string, string>();
  const nearOf = (one: UnmetRequirement) => {
    if (!near.has(one.capability) && near.size < mostSearched)
      near.set(one.capability, nearMissing(graph, one, specs));
    return near.get(one.capability) ?? '';
  };
  return new Map(
    unmet.map((one) => {
      const { by, capability, path, isGenerated } = one;
      const at = `${by} ${capability}`;
      const declared = path.length === 1 ? 'BuildRequires' : 'Requires';
      const tag = isGenerated === true ? '%generate_buildrequires' : declared;
      const problem = problems.get(at) ?? {
        ...place(by, tag, capability),
        message: `${tag} ${isGenerated === true ? `names '${capability}', which` : `'${capability}'`} is provided by nothing`,
        hint: `${nearOf(one)}Needed by: ${path.toReversed().join(', needed by ')}.`,
      };
      problems.set(at, problem);
      return [one, problem];
    }),
  );
}

/** The dependency cycles among packages, and all that they need, each with its problem. */
export function cycleProblems(
  graph: DeclaredGraph,
  names: readonly string[],
  place: PlaceOf,
): { cycle: CycleStep[]; problem: Problem }[] {
  const steps = (name: string): CycleStep[] =>
    declaredNeeds(graph, name).map((needs) => ({ package: name, needs }));
  return findCycles(names, steps).map((cycle) => {
    const first = cycle[0]?.package ?? '';
    const problem = {
      file: place(first, 'BuildRequires', '').file,
      message: `dependency cycle: ${describeCycle(cycle, (name, need) => declaredPath(graph, name, need))}`,
      hint: `Remove one of these requirements, or move the part that needs the other into a spec of its own${breakable(graph, cycle)}.`,
    };
    return { cycle, problem };
  });
}

/** Names the packages of a cycle that the toolchain has, too. */
function breakable({ rpms, toolchain }: DeclaredGraph, cycle: readonly CycleStep[]): string {
  const isPrebuilt = (name: string) =>
    rpms.get(name)?.some((node) => toolchain.providers.has(node.name)) === true;
  const names = cycle.map((step) => step.needs).filter(isPrebuilt);
  return names.length === 0
    ? ''
    : `, or set break-cycles to a package of it that the toolchain has: ${names.sort(order).join(', ')}`;
}

/**
 * Names other versions of a missing capability, or other names near it. Empty if there is neither. Pure.
 * @param specs all of the tree, also those for other architectures
 */
export function nearMissing(
  graph: DeclaredGraph,
  { capability }: Pick<UnmetRequirement, 'capability'>,
  specs: readonly Spec[],
): string {
  const excluded = specs.filter((spec) => spec.excluded !== undefined);
  return plainCapabilitiesOf(parseRequirement(capability))
    .map((term) => nearTerm(graph, keyOf(term), excluded))
    .join('');
}

function nearTerm(graph: DeclaredGraph, wanted: string, excluded: readonly Spec[]): string {
  const { providers, toolchain } = graph;
  const versions = (providers.get(wanted) ?? []).map(
    (node) => `${node.name} ${formatEvr(node.evr)} (${node.package})`,
  );
  if (versions.length > 0) return `There is ${versions.sort(order).join(', ')}. `;
  const prebuilt = (toolchain.providers.get(wanted) ?? []).map(
    (node) => `${node.name} ${formatEvr(node.evr)}`,
  );
  if (prebuilt.length > 0) return `The toolchain has ${prebuilt.sort(order).join(', ')}. `;
  const other = excluded.find((spec) => spec.packages.some((one) => wouldProvide(one, wanted)));
  if (other !== undefined)
    return `${specFile(other)}, which has it, is not built for this architecture (${other.excluded}). `;
  const near = nearestCapabilities(graph, wanted);
  const from = near.length === 0 ? '' : `Nearest: ${near.join(', ')}. `;
  const isSearched = graph.policy.discover || !mayBeRevealed(parseCapability(wanted));
  const search = isSearched
    ? ''
    : 'No name, file list or earlier build points to a provider: let its spec state it (Provides), or set discover-provides to build packages until one has it. ';
  return `${from}${search}`;
}

/** True if an RPM that a spec describes has a capability: by its name, its Provides or its files. */
function wouldProvide({ name, provides, files }: SpecPackage, wanted: string): boolean {
  const declared = [name, ...provides.map((one) => keyOf(parseCapability(one))), ...files];
  return declared.includes(wanted) || files.some((file) => revealedBy(file).includes(wanted));
}
