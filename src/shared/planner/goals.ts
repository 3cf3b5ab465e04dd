import { setImmediate } from 'node:timers/promises';
import { nearestName } from '../base/nearest-name.ts';
import { order } from '../base/order.ts';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { declaredNeeds } from '../graph/declared-needs.ts';
import { asDeclared, type DeclaredGraph, findDeclared } from '../graph/graph.ts';
import { needsOf } from '../graph/walk.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { parseCapability } from '../rpm/capability.ts';
import type { Tree } from '../solver/solve-root.ts';
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
  return findDeclared(graph, parseCapability(name)).find((node) => node.name === name)?.package;
}

/** The package of this name, or with an RPM of this name, that is not built because the toolchain has its RPMs. Pure. */
export function prebuiltPackage(
  { declared, prebuilt, specs }: Pick<Tree, 'declared' | 'prebuilt' | 'specs'>,
  name: string,
): string | undefined {
  if (prebuilt.size === 0 || packageNamed(declared, name) !== undefined) return undefined;
  if (prebuilt.has(name)) return name;
  const has = (spec: Spec) => spec.packages.some((one) => one.built && one.name === name);
  return specs.find((spec) => prebuilt.has(spec.package) && has(spec))?.package;
}

/** Packages whose needs are derived in a row. Then others have their turn: a whole tree takes a while. */
const atOnce = 100;

/**
 * The goals and every package that they may need by their specs, through any number of builds. Builds may reveal more.
 * Sorted. Pure.
 * @param more requirements of a goal besides its BuildRequires
 */
export async function withNeeds(
  graph: DeclaredGraph,
  goals: readonly string[],
  more: (name: string) => readonly Capability[] = () => [],
): Promise<string[]> {
  const declared = asDeclared(graph);
  const all = new Set(goals);
  for (const name of goals) {
    const further = more(name);
    if (further.length === 0) continue;
    for (const one of needsOf(declared, name, { more: further }).packages) all.add(one);
  }
  // A set that grows while it is read shows what is added, too.
  let count = 0;
  for (const name of all) {
    for (const one of declaredNeeds(graph, name)) all.add(one);
    if (++count % atOnce === 0) await setImmediate();
  }
  return [...all].sort(order);
}
