import { isSingle, type Requirement, withoutAnd } from '../rpm/requirement.ts';
import { type DeclaredGraph, findDeclared } from './graph.ts';
import type { RpmNode } from './nodes.ts';

/** Dependents that follow from specs alone, computed once for a declared graph, which never changes. */
interface Known {
  direct?: Map<string, string[]>;
  all: Map<string, ReadonlySet<string>>;
}

const knownOf = new WeakMap<DeclaredGraph, Known>();

/**
 * The packages that need `name` whatever their roots will hold, through any number of builds; `name` itself when it needs
 * itself. Specs alone decide; `or`, `if` and `unless` do not count.
 */
export function dependentsOf(graph: DeclaredGraph, name: string): ReadonlySet<string> {
  const known: Known = knownOf.get(graph) ?? { all: new Map() };
  knownOf.set(graph, known);
  const before = known.all.get(name);
  if (before !== undefined) return before;
  known.direct ??= directDependents(graph);
  const found = new Set<string>();
  const queue = [...(known.direct.get(name) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    queue.push(...(known.direct.get(next) ?? []));
  }
  known.all.set(name, found);
  return found;
}

function directDependents(graph: DeclaredGraph): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const name of graph.specs.keys()) {
    for (const need of certainNeeds(graph, name)) {
      const known = dependents.get(need);
      if (known === undefined) dependents.set(need, [name]);
      else known.push(name);
    }
  }
  return dependents;
}

/** The packages of the RPMs that a build needs for certain, and of all that these require. */
function certainNeeds(graph: DeclaredGraph, name: string): Set<string> {
  const reached = new Set<RpmNode>();
  const ask = (requirements: readonly Requirement[]) => {
    for (const wanted of requirements.flatMap(withoutAnd)) {
      const [node] = isSingle(wanted) ? findDeclared(graph, wanted) : [];
      if (node !== undefined) reached.add(node);
    }
  };
  ask(graph.buildRequires.get(name) ?? []);
  // A set that grows while it is read shows what is added, too.
  for (const node of reached) ask(node.requires);
  return new Set([...reached].map((node) => node.package));
}
