import { order } from '../base/order.ts';
import type { Capability } from '../model/rpm.ts';
import { isRevealedByBuild, isRich, nameOf, termsOf } from '../rpm/capability.ts';
import { candidateProviders } from './candidate-providers.ts';
import { declaredDependents } from './declared-needs.ts';
import { findProviders, type Graph, isExcludedProvider, type RpmNode, toolchainProvides } from './graph.ts';

/** A requirement that nothing provides, or can still provide. */
export interface Missing {
  capability: Capability;
  /** `[package, rpm, …]`: the last one requires it, each before requires the next. */
  path: string[];
}

/** A package whose result is needed, or may be, and is not there yet. */
export interface Wait {
  package: string;
  /** The RPMs that lead to it. */
  through: string[];
  /**
   * The capability that it may provide; absent when it is certain that it is needed. `isCandidate`: its spec suggests that it does (see
   * {@link candidateProviders}); else it is only one of the packages that are not built yet.
   */
  open?: { capability: Capability; isCandidate: boolean };
}

/** The needs of a package from the tree, as far as the results at hand show. */
export interface Needs {
  /** Packages whose RPMs its build root may hold, sorted. */
  packages: string[];
  /** For each package the first reason to wait for it, a certain one before others. Sorted by package. */
  waits: Wait[];
  missing: Missing[];
}

/** Who satisfies one requirement. */
export type Provider =
  | { by: 'tree'; node: RpmNode }
  | { by: 'toolchain' }
  /** The builds of these packages decide. */
  | { by: 'open'; packages: string[]; areCandidates: boolean }
  | { by: 'nothing' };

/**
 * Finds the provider of one requirement of the package `asker`. It looks at specs and at results that had to be waited
 * for, so the order of builds does not matter. The first of these that applies:
 *
 * 1. a spec declares that it provides it, the highest version first, and its build did not show otherwise;
 * 2. only a build reveals it, and there are candidate providers: open until all of them are built;
 * 3. the toolchain;
 * 4. only a build reveals it, and any other build may: open until all of them are built.
 *
 * @param withBuilt nothing more can be built without an answer: 4. takes what is built
 */
export function findProvider(
  graph: Graph,
  capability: Capability,
  asker: string,
  withBuilt = false,
): Provider {
  const { declared, results, failed } = graph;
  for (const node of findProviders(declared, capability)) {
    if (!results.has(node.package)) return { by: 'tree', node };
    const built = builtProvider(graph, capability, (one) => one === node.package);
    if (built !== undefined) return { by: 'tree', node: built };
  }
  const name = nameOf(capability);
  if (!isRevealedByBuild(name) && !name.startsWith('/'))
    return { by: toolchainProvides(declared, capability) ? 'toolchain' : 'nothing' };
  const dependents = declaredDependents(declared, asker);
  const canProvide = (one: string) =>
    one !== asker && !dependents.has(one) && !isExcludedProvider(graph, asker, one);
  const candidates = candidateProviders(declared, capability).filter(canProvide);
  const awaited = candidates.filter((one) => !results.has(one));
  if (awaited.length > 0) return { by: 'open', packages: awaited, areCandidates: true };
  const found = builtProvider(graph, capability, (one) => candidates.includes(one));
  if (found !== undefined) return { by: 'tree', node: found };
  if (toolchainProvides(declared, capability)) return { by: 'toolchain' };
  const others = [...declared.specs.keys()].filter(
    (one) => !results.has(one) && !failed.has(one) && canProvide(one),
  );
  if (others.length > 0 && !withBuilt)
    return { by: 'open', packages: others.sort(order), areCandidates: false };
  const other = builtProvider(graph, capability, canProvide);
  return other === undefined ? { by: 'nothing' } : { by: 'tree', node: other };
}

function builtProvider(
  graph: Graph,
  capability: Capability,
  isOneOf: (name: string) => boolean,
): RpmNode | undefined {
  return findProviders(graph.built, capability).find((node) => isOneOf(node.package));
}

/**
 * Finds the needs of the build of `name`. `withBuilt`: as in {@link findProvider}.
 * @param more requirements besides its BuildRequires (those of its %check)
 */
export function needsOf(
  graph: Graph,
  name: string,
  more: readonly Capability[] = [],
  withBuilt = false,
): Needs {
  const packages = new Set<string>();
  const waits = new Map<string, Wait>();
  const missing: Missing[] = [];
  const seen = new Set<string>();
  const queue: Missing[] = [];
  const ask = (capabilities: readonly Capability[], path: string[]) => {
    for (const capability of capabilities) {
      if (seen.has(capability)) continue;
      seen.add(capability);
      queue.push({ capability, path });
    }
  };
  const wait = (one: Wait) => {
    const known = waits.get(one.package);
    if (known === undefined || (known.open !== undefined && one.open === undefined))
      waits.set(one.package, one);
  };
  const take = (provider: Provider, capability: Capability, path: string[]) => {
    const through = path.slice(1);
    if (provider.by === 'tree') {
      const { node } = provider;
      packages.add(node.package);
      if (graph.results.has(node.package)) ask(node.requires, [...path, node.name]);
      else wait({ package: node.package, through: [...through, node.name] });
    } else if (provider.by === 'open') {
      for (const one of provider.packages)
        wait({ package: one, through, open: { capability, isCandidate: provider.areCandidates } });
    }
  };
  ask([...(graph.declared.specs.get(name)?.buildRequires ?? []), ...more], [name]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { capability, path } = next;
    const found = termsOf(capability).map((term) => {
      return { term, provider: findProvider(graph, term, name, withBuilt) };
    });
    // Which terms of a rich dependency count is for the solver to decide: the build root may hold all of them.
    const isProvided = found.some(({ provider }) => provider.by === 'tree' || provider.by === 'toolchain');
    for (const { term, provider } of found) {
      if (provider.by !== 'open' || provider.areCandidates || !isProvided) take(provider, term, path);
    }
    if (needsAnyTerm(capability) && found.every(({ provider }) => provider.by === 'nothing'))
      missing.push({ capability, path });
  }
  return {
    packages: [...packages].sort(order),
    waits: [...waits.values()].sort((a, b) => order(a.package, b.package)),
    missing,
  };
}

/** True if a capability is only satisfied when one of its terms is provided. */
function needsAnyTerm(capability: Capability): boolean {
  return !isRich(capability) || !/\s(?:if|unless|without|else)\s/.test(capability);
}
