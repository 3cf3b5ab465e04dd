import type { Capability } from '../model/rpm.ts';
import { termsOf } from '../rpm/capability.ts';
import { type DeclaredGraph, findProviders, type RpmNode } from './graph.ts';

/** What follows from specs alone never changes: it is worked out once for a graph. */
interface Known {
  needs: Map<string, ReadonlyMap<string, string[]>>;
  dependents?: Map<string, string[]>;
  reach: Map<string, ReadonlySet<string>>;
}

const knownOf = new WeakMap<DeclaredGraph, Known>();

function known(graph: DeclaredGraph): Known {
  let one = knownOf.get(graph);
  if (one === undefined) {
    one = { needs: new Map(), reach: new Map() };
    knownOf.set(graph, one);
  }
  return one;
}

/**
 * Packages that the build of `name` needs as the specs state it, each with the chain of RPMs to it: its BuildRequires
 * and all that those require at run time.
 */
export function declaredNeeds(graph: DeclaredGraph, name: string): ReadonlyMap<string, string[]> {
  const { needs } = known(graph);
  const there = needs.get(name);
  if (there !== undefined) return there;
  const found = new Map<string, string[]>();
  const seen = new Set<RpmNode>();
  const queue: { capability: Capability; path: string[] }[] = [];
  const ask = (capabilities: readonly Capability[], path: string[]) => {
    for (const capability of capabilities) {
      for (const term of termsOf(capability)) queue.push({ capability: term, path });
    }
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

/** Packages that need `name` by what specs state, through any number of builds; `name` itself when it needs itself. */
export function declaredDependents(graph: DeclaredGraph, name: string): ReadonlySet<string> {
  const all = known(graph);
  const there = all.reach.get(name);
  if (there !== undefined) return there;
  if (all.dependents === undefined) {
    all.dependents = new Map();
    for (const one of graph.specs.keys()) {
      for (const need of declaredNeeds(graph, one).keys()) {
        const at = all.dependents.get(need);
        if (at === undefined) all.dependents.set(need, [one]);
        else at.push(one);
      }
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
