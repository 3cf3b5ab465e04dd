import { nearestName } from '../base/nearest-name.ts';
import { order } from '../base/order.ts';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { type CycleStep, describeCycle, findCycles } from '../graph/cycles.ts';
import { declaredNeeds } from '../graph/declared-needs.ts';
import { type DeclaredGraph, findProviders, newGraph } from '../graph/graph.ts';
import { needsOf } from '../graph/needs.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { canonical, isRevealedByBuild, nameOf } from '../rpm/capability.ts';
import type { SpecError } from '../specs/find.ts';

/**
 * The packages that the list `input` names, by package or by RPM name. Sorted.
 * @throws ProblemsError with every unknown name and the nearest known one, and with the errors of the specs named
 */
export function namedPackages(
  graph: DeclaredGraph,
  names: readonly string[],
  input: string,
  errors: readonly SpecError[],
  specs: readonly Spec[],
): string[] {
  const problems: Problem[] = [];
  const found = names.flatMap((name) => {
    const known = packageNamed(graph, name);
    if (known !== undefined) return [known];
    const own = errors.filter(({ packages }) => packages.includes(name));
    const excluded = specs.find((spec) => spec.package === name)?.excluded;
    if (own.length > 0 || excluded !== undefined) {
      problems.push(...own.map(({ problem }) => problem));
      const message = `Input '${input}' names '${name}', which is not built for this architecture (${excluded})`;
      if (excluded !== undefined) problems.push({ message });
      return [];
    }
    const rpmNames = [...graph.rpms.values()].flatMap((nodes) => nodes.map((node) => node.name));
    const near = nearestName(name, [...graph.specs.keys(), ...rpmNames]);
    problems.push({
      message: `Input '${input}' names '${name}', which is neither a spec nor an RPM of this tree`,
      hint: near === undefined ? undefined : `Nearest: '${near}'.`,
    });
    return [];
  });
  failOnProblems(problems);
  return [...new Set(found)].sort(order);
}

/** The package of this name, or the one that makes the newest RPM of this name. Pure. */
export function packageNamed(graph: DeclaredGraph, name: string): string | undefined {
  if (graph.specs.has(name)) return name;
  return findProviders(graph, name).find((node) => node.name === name)?.package;
}

/**
 * The goals and every package that they may need by their specs, through any number of builds. Builds may reveal more.
 * Sorted. Pure.
 * @param more requirements of a goal besides its BuildRequires
 */
export function withNeeds(
  graph: DeclaredGraph,
  goals: readonly string[],
  more: (name: string) => readonly Capability[] = () => [],
): string[] {
  const nothingBuilt = newGraph(graph);
  const waitsOf = (name: string, further: readonly Capability[] = []) =>
    needsOf(nothingBuilt, name, further).waits.map((wait) => wait.package);
  const all = new Set<string>();
  const queue = goals.flatMap((name) => [name, ...waitsOf(name, more(name))]);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (all.has(name)) continue;
    all.add(name);
    queue.push(...waitsOf(name), ...declaredNeeds(graph, name).keys());
  }
  return [...all].sort(order);
}

/**
 * The problems of a tree that show before anything of it is built: requirements that nothing provides, cycles.
 * @param place where a spec states a requirement
 */
export function treeProblems(
  graph: DeclaredGraph,
  names: readonly string[],
  place: (name: string, capability: string) => { file: string; line?: number },
): Problem[] {
  const nothingBuilt = newGraph(graph);
  const problems: Problem[] = [];
  for (const name of names) {
    for (const { capability, path } of needsOf(nothingBuilt, name).missing) {
      const message = `BuildRequires '${capability}' is provided by nothing`;
      const hint = `${nearMissing(graph, capability)}Needed by: ${name}.`;
      if (path.length === 1) problems.push({ ...place(name, capability), message, hint });
    }
  }
  const steps = (name: string): CycleStep[] =>
    [...declaredNeeds(graph, name)].map(([needs, through]) => ({ package: name, needs, through }));
  for (const cycle of findCycles(names, steps)) {
    const first = cycle[0]?.package ?? '';
    problems.push({
      file: place(first, '').file,
      message: `dependency cycle: ${describeCycle(cycle)}`,
      hint: 'Remove one of these requirements, or move the part that needs the other into a spec of its own.',
    });
  }
  return problems;
}

/** Names other versions of a missing capability, or another name near it. Empty if there is neither. */
function nearMissing(graph: DeclaredGraph, capability: string): string {
  const wanted = nameOf(canonical(capability));
  const versions = [...(graph.providers.get(wanted) ?? [])].map(
    (node) => `${node.name} ${node.evr} (${node.package})`,
  );
  if (versions.length > 0) return `There is ${versions.sort(order).join(', ')}. `;
  const inToolchain = graph.toolchain.get(wanted);
  if (inToolchain !== undefined) return `The toolchain has ${inToolchain.join(', ')}. `;
  const candidates = [...graph.providers.keys(), ...graph.toolchain.keys()].filter(
    (key) =>
      isRevealedByBuild(key) === isRevealedByBuild(wanted) && key.startsWith('/') === wanted.startsWith('/'),
  );
  const near = nearestName(wanted, candidates);
  if (near === undefined) return '';
  const from = [...(graph.providers.get(near) ?? [])][0]?.package ?? 'toolchain';
  return `Nearest: '${near}' (${from}). `;
}
