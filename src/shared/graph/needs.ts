import { isRevealedByBuild, isRich, nameOf, namesOf } from '../rpm/capability.ts';
import type { Capability } from '../rpm/rpm.ts';
import { type Graph, order, providersOf, type RpmNode, toolchainProvides } from './graph.ts';
import { likelyProviders } from './likely.ts';

/** How a requirement came up: the chain of names from the package down to the capability. */
export interface Missing {
  capability: Capability;
  /** `[package, rpm, …]`: who states it last, its askers before. */
  path: string[];
}

/** What a package needs from the tree, as far as the results at hand tell. */
export interface Needs {
  /** Packages whose RPMs its build root may hold, sorted. */
  packages: string[];
  /** Those of them, and those that may provide an open requirement, that have no result yet, sorted. */
  waitsFor: string[];
  /** Requirements that nothing provides or can still provide. */
  missing: Missing[];
}

/** Who satisfies one requirement. */
export type Provider =
  | { by: 'tree'; nodes: RpmNode[] }
  | { by: 'toolchain' }
  | { by: 'open'; candidates: string[] }
  | { by: 'nothing' };

/**
 * Resolves one requirement of `asker` (a package). What the tree states or has built wins; a requirement of a kind
 * that only a build reveals stays open while specs are left that may provide it: the likely ones by name and files,
 * and where the toolchain has nothing either, all others.
 */
export function resolve(graph: Graph, capability: Capability, asker: string): Provider {
  const nodes = providersOf(graph, capability);
  if (nodes.length > 0) return { by: 'tree', nodes: [nodes[0] as RpmNode] };
  const inToolchain = toolchainProvides(graph, capability);
  if (isRevealedByBuild(nameOf(capability)) || nameOf(capability).startsWith('/')) {
    const may = (name: string) => name !== asker && !statedReach(graph, name).has(asker);
    const likely = likelyProviders(graph, capability).filter(may);
    if (likely.length > 0) return { by: 'open', candidates: likely };
    if (inToolchain) return { by: 'toolchain' };
    const others = [...graph.specs.keys()]
      .filter((name) => !graph.results.has(name) && may(name))
      .sort(order);
    if (others.length > 0) return { by: 'open', candidates: others };
  }
  return inToolchain ? { by: 'toolchain' } : { by: 'nothing' };
}

/** What the build of `name` needs, with `more` requirements besides its BuildRequires (those of its %check). */
export function needsOf(graph: Graph, name: string, more: readonly Capability[] = []): Needs {
  const spec = graph.specs.get(name);
  const packages = new Set<string>();
  const waitsFor = new Set<string>();
  const missing: Missing[] = [];
  const seen = new Set<string>();
  const queue: { capability: Capability; path: string[] }[] = [];
  const ask = (capabilities: readonly Capability[], path: string[]) => {
    for (const capability of capabilities) {
      const parts = isRich(capability) ? namesOf(capability) : [capability];
      for (const part of parts) {
        const mark = isRich(capability) ? `(${part}` : part;
        if (seen.has(mark)) continue;
        seen.add(mark);
        queue.push({ capability: isRich(capability) ? mark : part, path });
      }
    }
  };
  ask([...(spec?.buildRequires ?? []), ...more], [name]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const optional = next.capability.startsWith('(');
    const capability = optional ? next.capability.slice(1) : next.capability;
    const provider = resolve(graph, capability, name);
    if (provider.by === 'tree') {
      for (const node of provider.nodes) {
        packages.add(node.package);
        if (graph.results.has(node.package)) ask(node.requires, [...next.path, node.name]);
        else waitsFor.add(node.package);
      }
    } else if (provider.by === 'open' && !optional) {
      for (const candidate of provider.candidates) waitsFor.add(candidate);
    } else if (provider.by === 'nothing' && !optional) {
      missing.push({ capability, path: next.path });
    }
  }
  return { packages: [...packages].sort(order), waitsFor: [...waitsFor].sort(order), missing };
}

/**
 * Packages that `name` needs by what specs state (and finished builds made), through any number of builds. Open
 * requirements are no statement. `name` itself is in it only when it needs itself.
 */
export function statedReach(graph: Graph, name: string): ReadonlySet<string> {
  const reach = new Set<string>();
  const queue = [...statedNeeds(graph, name).keys()];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (reach.has(next)) continue;
    reach.add(next);
    queue.push(...statedNeeds(graph, next).keys());
  }
  return reach;
}

/** Stated needs do not change while the graph stays as it is: a result replaces a package's RPM nodes. */
const statedCache = new WeakMap<Graph, { results: number; needs: Map<string, Map<string, string[]>> }>();

/** Packages in the run-time closure of the stated BuildRequires of `name`, each with the chain of RPMs to it. */
export function statedNeeds(graph: Graph, name: string): ReadonlyMap<string, string[]> {
  let cache = statedCache.get(graph);
  if (cache === undefined || cache.results !== graph.results.size) {
    cache = { results: graph.results.size, needs: new Map() };
    statedCache.set(graph, cache);
  }
  const known = cache.needs.get(name);
  if (known !== undefined) return known;
  const found = new Map<string, string[]>();
  const seen = new Set<RpmNode>();
  const queue: { capability: Capability; path: string[] }[] = [];
  const ask = (capabilities: readonly Capability[], path: string[]) => {
    for (const capability of capabilities) {
      for (const part of isRich(capability) ? namesOf(capability) : [capability])
        queue.push({ capability: part, path });
    }
  };
  ask(graph.specs.get(name)?.buildRequires ?? [], []);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const node = providersOf(graph, next.capability)[0];
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    const path = [...next.path, node.name];
    if (!found.has(node.package)) found.set(node.package, path);
    ask(node.requires, path);
  }
  cache.needs.set(name, found);
  return found;
}
