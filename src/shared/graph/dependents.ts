import { addToList } from '../base/add-to-list.ts';
import { isSingle, type Requirement, withoutAnd } from '../rpm/requirement.ts';
import { type DeclaredGraph, findDeclared } from './graph.ts';
import type { RpmNode } from './nodes.ts';

/** Who needs each RPM whatever a root holds, by specs alone: computed once for a declared graph, which never changes. */
interface Known {
  /** RPMs that require it. */
  requiredBy: ReadonlyMap<RpmNode, readonly RpmNode[]>;
  /** Packages whose BuildRequires it satisfies. */
  builtWith: ReadonlyMap<RpmNode, readonly string[]>;
  /** The answers so far, by package. */
  dependents: Map<string, ReadonlySet<string>>;
}

const knownOf = new WeakMap<DeclaredGraph, Known>();

/**
 * The packages that need `name` whatever their roots will hold, through any number of builds; `name` itself when it needs
 * itself. Specs alone decide; `or`, `if` and `unless` do not count.
 */
export function dependentsOf(graph: DeclaredGraph, name: string): ReadonlySet<string> {
  const known = knownOf.get(graph) ?? certainEdges(graph);
  knownOf.set(graph, known);
  const before = known.dependents.get(name);
  if (before !== undefined) return before;
  const found = new Set<string>();
  const reached = new Set(graph.rpms.get(name));
  // A set that grows while it is read shows what is added, too.
  for (const node of reached) {
    for (const by of known.requiredBy.get(node) ?? []) reached.add(by);
    for (const by of known.builtWith.get(node) ?? []) {
      if (found.has(by)) continue;
      found.add(by);
      for (const own of graph.rpms.get(by) ?? []) reached.add(own);
    }
  }
  known.dependents.set(name, found);
  return found;
}

function certainEdges(graph: DeclaredGraph): Known {
  const requiredBy = new Map<RpmNode, RpmNode[]>();
  const builtWith = new Map<RpmNode, string[]>();
  for (const [name, requirements] of graph.buildRequires) addEdges(graph, builtWith, requirements, name);
  for (const nodes of graph.rpms.values())
    for (const node of nodes) addEdges(graph, requiredBy, node.requires, node);
  return { requiredBy, builtWith, dependents: new Map() };
}

/** Adds who requires to each RPM that satisfies one of its requirements for certain. */
function addEdges<T>(
  graph: DeclaredGraph,
  edges: Map<RpmNode, T[]>,
  requirements: readonly Requirement[],
  by: T,
): void {
  for (const wanted of requirements.flatMap(withoutAnd)) {
    const [node] = isSingle(wanted) ? findDeclared(graph, wanted) : [];
    if (node === undefined) continue;
    addToList(edges, node, by);
  }
}
