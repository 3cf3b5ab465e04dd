import { addToList } from '../base/add-to-list.ts';
import { isSingle, type Requirement, withoutAnd } from '../rpm/requirement.ts';
import { type DeclaredGraph, findDeclared } from './graph.ts';
import type { RpmNode } from './nodes.ts';

/** Who needs each RPM whatever a root holds, by specs alone: the same under each policy, so computed once for all of them. */
interface Known {
  /** RPMs of the tree that an RPM requires. */
  requires: ReadonlyMap<RpmNode, readonly RpmNode[]>;
  /** RPMs of the tree that satisfy BuildRequires of a package. */
  buildRequires: ReadonlyMap<string, readonly RpmNode[]>;
  /** The answers so far, by package. */
  needs: Map<string, ReadonlySet<string>>;
}

const knownOf = new WeakMap<DeclaredGraph['rpms'], Known>();

/**
 * The packages that `name` needs whatever roots will hold, through any number of builds; `name` itself when it needs
 * itself. Specs alone decide; `or`, `if` and `unless` do not count.
 */
export function certainNeeds(graph: DeclaredGraph, name: string): ReadonlySet<string> {
  const known = knownOf.get(graph.rpms) ?? certainEdges(graph);
  knownOf.set(graph.rpms, known);
  const before = known.needs.get(name);
  if (before !== undefined) return before;
  const found = new Set<string>();
  const reached = new Set(known.buildRequires.get(name));
  // A set that grows while it is read shows what is added, too.
  for (const node of reached) {
    for (const one of known.requires.get(node) ?? []) reached.add(one);
    if (found.has(node.package)) continue;
    found.add(node.package);
    for (const one of known.buildRequires.get(node.package) ?? []) reached.add(one);
  }
  known.needs.set(name, found);
  return found;
}

function certainEdges(graph: DeclaredGraph): Known {
  const requires = new Map<RpmNode, RpmNode[]>();
  const buildRequires = new Map<string, RpmNode[]>();
  for (const [name, wanted] of graph.buildRequires) addEdges(graph, buildRequires, wanted, name);
  for (const nodes of graph.rpms.values())
    for (const node of nodes) addEdges(graph, requires, node.requires, node);
  return { requires, buildRequires, needs: new Map() };
}

/** Adds the RPMs that satisfy requirements of one for certain. */
function addEdges<T>(
  graph: DeclaredGraph,
  edges: Map<T, RpmNode[]>,
  requirements: readonly Requirement[],
  of: T,
): void {
  for (const wanted of requirements.flatMap(withoutAnd)) {
    const [node] = isSingle(wanted) ? findDeclared(graph, wanted) : [];
    if (node !== undefined) addToList(edges, of, node);
  }
}
