import { order } from '../base/order.ts';
import { findGroups } from '../graph/cycles.ts';
import { declaredNeeds } from '../graph/declared-needs.ts';
import { type DeclaredGraph, findDeclared } from '../graph/graph.ts';
import { findInToolchain } from '../graph/toolchain-index.ts';
import { isSingle, type Requirement, withoutAnd } from '../rpm/requirement.ts';

/** A group of packages that all need each other by their specs: no order of builds is right for it. */
export type Tangle = ReadonlySet<string>;

/** Finds the groups of packages that need each other. Pure. */
export function findTangles(graph: DeclaredGraph, names: Iterable<string> = graph.specs.keys()): Tangle[] {
  const stepsOf = (name: string) => declaredNeeds(graph, name).map((needs) => ({ package: name, needs }));
  return findGroups([...names].sort(order), stepsOf);
}

/** Returns what builds and RPMs in and around a group require of its packages, by package. Pure. */
export function requiredOf(graph: DeclaredGraph, tangle: Tangle): Map<string, Set<Requirement>> {
  const found = new Map([...tangle].map((name) => [name, new Set<Requirement>()]));
  const around = new Set([...tangle].flatMap((name) => [name, ...declaredNeeds(graph, name)]));
  for (const name of around) {
    const own = (graph.rpms.get(name) ?? []).flatMap(({ requires }) => requires);
    for (const wanted of [...(graph.buildRequires.get(name) ?? []), ...own].flatMap(withoutAnd)) {
      const [first] = isSingle(wanted) ? findDeclared(graph, wanted) : [];
      if (first !== undefined) found.get(first.package)?.add(wanted);
    }
  }
  return found;
}

/**
 * Chooses packages that their own needs take from the toolchain, so that no cycle is left where that can be: of each group
 * of packages that need each other, the one with the most ways through it of which the toolchain has something, until the
 * group falls apart. Specs and toolchain alone decide. Pure.
 */
export function cycleBreakers(graph: DeclaredGraph, tangles: readonly Tangle[]): string[] {
  const chosen = new Set<string>();
  const needs = new Map(
    tangles.flatMap((tangle) => [...tangle].map((name) => [name, declaredNeeds(graph, name)] as const)),
  );
  const open = tangles.map((tangle) => {
    const required = requiredOf(graph, tangle);
    const isThere = (wanted: Requirement) => findInToolchain(graph.toolchain, wanted).length > 0;
    const canBreak = [...tangle].filter((name) => [...(required.get(name) ?? [])].some(isThere));
    return { group: tangle, canBreak: new Set(canBreak) };
  });
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { group, canBreak } = next;
    const name = mostWays(within(group, needs), canBreak);
    if (name === undefined) continue;
    chosen.add(name);
    canBreak.delete(name);
    // Who does not need it takes what it took before.
    const broken = withBreakers(graph, chosen);
    for (const [one, before] of needs) if (before.includes(name)) needs.set(one, declaredNeeds(broken, one));
    // Some ways may be left: those of what the toolchain lacks.
    for (const rest of tanglesOf(within(group, needs))) open.push({ group: rest, canBreak });
  }
  return [...chosen].sort(order);
}

/** The needs of packages, by package. */
type Ways = ReadonlyMap<string, readonly string[]>;

function withBreakers(graph: DeclaredGraph, chosen: ReadonlySet<string>): DeclaredGraph {
  const breakCycles = new Set([...graph.policy.breakCycles, ...chosen]);
  return { ...graph, policy: { ...graph.policy, breakCycles } };
}

/** The packages of a group, each with its needs of the same group. */
function within(group: Tangle, needs: Ways): Ways {
  return new Map([...group].map((name) => [name, (needs.get(name) ?? []).filter((need) => group.has(need))]));
}

function tanglesOf(needs: Ways): Tangle[] {
  const stepsOf = (name: string) => (needs.get(name) ?? []).map((one) => ({ package: name, needs: one }));
  return findGroups([...needs.keys()].sort(order), stepsOf);
}

/** The package of a group through which most ways lead, of those that may be chosen; of equals the first by name. */
function mostWays(needs: Ways, canBreak: ReadonlySet<string>): string | undefined {
  const neededBy = new Map<string, number>();
  for (const list of needs.values())
    for (const name of list) neededBy.set(name, (neededBy.get(name) ?? 0) + 1);
  const ways = (name: string) => (neededBy.get(name) ?? 0) * (needs.get(name)?.length ?? 0);
  const [best] = [...needs.keys()]
    .filter((name) => canBreak.has(name))
    .sort((a, b) => ways(b) - ways(a) || order(a, b));
  return best;
}
