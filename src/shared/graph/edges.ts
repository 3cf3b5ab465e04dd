import { isSingle, type Requirement, withoutAnd } from '../rpm/requirement.ts';
import { candidateProviders } from './candidate-providers.ts';
import { findDeclared, type Graph } from './graph.ts';
import { lookupOf, type RpmNode } from './nodes.ts';
import { type Asker, builtProvider, findWhereRevealed, isDeclaredRequirement } from './providers.ts';
import { findInToolchain } from './toolchain-index.ts';

/** The providers of what a built RPM requires, as far as they are the same for whoever has it in its root. */
export interface Edges {
  nodes: readonly RpmNode[];
  /** RPMs of the toolchain. */
  prebuilt: readonly RpmNode[];
  /** Packages that are not built yet. */
  waits: readonly string[];
  /** Requirements whose provider depends on who asks, or on what else its root holds. */
  open: readonly Requirement[];
}

const finalEdges = new WeakMap<Graph, Map<RpmNode, Edges>>();

const anybody: Asker = {
  ...{
    name: '',
    conflicts: [],
    brokenCycles: new Set(),
    guessed: new Set(),
    pointers: new Map(),
    isSearchOver: false,
  },
};

/** The edges of an RPM of a result. They are final when they have no waits: a generation of the graph only grows. */
export function edgesOf(graph: Graph, node: RpmNode): Edges {
  const known = finalEdges.get(graph) ?? new Map<RpmNode, Edges>();
  finalEdges.set(graph, known);
  const before = known.get(node);
  if (before !== undefined) return before;
  const nodes = new Set<RpmNode>();
  const prebuilt = new Set<RpmNode>();
  const waits = new Set<string>();
  const open: Requirement[] = [];
  for (const wanted of node.requires.flatMap(withoutAnd)) {
    const found = isSingle(wanted) ? commonProvider(graph, node, wanted) : undefined;
    if (found === undefined) open.push(wanted);
    else if (typeof found === 'string') waits.add(found);
    else if (found.package === '') prebuilt.add(found);
    else nodes.add(found);
  }
  const edges = { nodes: [...nodes], prebuilt: [...prebuilt], waits: [...waits], open };
  if (waits.size === 0) known.set(node, edges);
  return edges;
}

/** The provider that everybody takes, or the package to wait for; undefined where it depends on who asks. */
function commonProvider(graph: Graph, node: RpmNode, wanted: Requirement): RpmNode | string | undefined {
  const isRevealed = !isDeclaredRequirement(graph, node, wanted);
  const known = isRevealed ? findWhereRevealed(graph, anybody, wanted, node) : undefined;
  if (known !== undefined) return 'node' in known ? known.node : undefined;
  const declared = findDeclared(graph.declared, wanted);
  const [first] = declared;
  if (first === undefined) {
    const isOpen = isRevealed || candidateProviders(graph.declared, lookupOf(wanted)).length > 0;
    return isOpen ? undefined : findInToolchain(graph.declared.toolchain, wanted)[0];
  }
  if (declared.some((one) => one.package !== first.package)) return undefined;
  if (!graph.built.has(first.package)) return first.package;
  return builtProvider(graph, anybody, first.package, wanted);
}
