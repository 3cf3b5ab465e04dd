import type { Capability } from '../model/rpm.ts';
import { termsOf } from '../rpm/capability.ts';
import { type DeclaredGraph, findProviders, type RpmNode } from './graph.ts';

/** Needs and dependents that follow from specs alone, computed once for a declared graph, which never changes. */
interface Known {
  needs: Map<string, ReadonlyMap<string, string[]>>;
  dependents?: Map<string, Set<string>>;
  reach: Map<string, ReadonlySet<string>>;
}

const knownOf = new WeakMap<DeclaredGraph, Known>();

function known(graph: DeclaredGraph): Known {
  const one = knownOf.get(graph) ?? { needs: new Map(), reach: new Map() };
  knownOf.set(graph, one);
  return one;
}

/**
 * The packages that the build of `name` needs by its spec, each with the chain of RPMs to it: those of its BuildRequires
 * and of everything that these require at run time.
 */
export function declaredNeeds(graph: DeclaredGraph, name: string): ReadonlyMap<string, string[]> {
  const { needs } = known(graph);
  const before = needs.get(name);
  if (before !== undefined) return before;
  const found = new Map<string, string[]>();
  const seen = new Set<RpmNode>();
  const queue: { capability: Capability; path: string[] }[] = [];
  const ask = (capabilities: readonly Capability[], path: string[]) => {
    for (const capability of capabilities.flatMap(termsOf)) queue.push({ capability, path });
  };
  ask(graph.specs.get(name)?.buildRequires ?? [], []);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [node] = findProviders(graph, next.capability);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    const path = [...next.path, node.name];
    if (!found.has(node.package)) found.set(node.package, path);
    ask(node.requires, path);
  }
  needs.set(name, found);
  return found;
}

/** The packages that need `name` by their specs, through any number of builds; `name` itself when it needs itself. */
export function declaredDependents(graph: DeclaredGraph, name: string): ReadonlySet<string> {
  const all = known(graph);
  const before = all.reach.get(name);
  if (before !== undefined) return before;
  if (all.dependents === undefined) {
    all.dependents = new Map();
    for (const one of graph.specs.keys()) {
      for (const need of declaredNeeds(graph, one).keys())
        all.dependents.set(need, (all.dependents.get(need) ?? new Set()).add(one));
    }
  }
  const found = new Set<string>();
  const queue = [...(all.dependents.get(name) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    queue.push(...(all.dependents.get(next) ?? []));
  }
  all.reach.set(name, found);
  return found;
}
