import { order } from '../base/order.ts';
import type { Capability } from '../model/rpm.ts';
import { isRevealedByBuild, isRich, nameOf, termsOf } from '../rpm/capability.ts';
import { candidateProviders } from './candidate-providers.ts';
import { declaredDependents } from './declared-needs.ts';
import { type Graph, isExcludedProvider, providersOf, type RpmNode, toolchainProvides } from './graph.ts';

/** A requirement that nothing provides, or can still provide. */
export interface Missing {
  capability: Capability;
  /** `[package, rpm, …]`: who states it last, its askers before. */
  path: string[];
}

/** A package without a result that something is waited for from. */
export interface Wait {
  package: string;
  /** The RPMs that lead to it. */
  through: string[];
  /** What it may provide; absent when it is certain that it is needed. */
  open?: { capability: Capability; likely: boolean };
}

/** What a package needs from the tree, as far as the results at hand tell. */
export interface Needs {
  /** Packages whose RPMs its build root may hold, sorted. */
  packages: string[];
  /** For each package the first reason to wait for it, a certain one before others; by package. */
  waits: Wait[];
  missing: Missing[];
}

/** Who satisfies one requirement. */
export type Provider =
  | { by: 'tree'; node: RpmNode }
  | { by: 'toolchain' }
  | { by: 'open'; candidates: string[]; likely: boolean }
  | { by: 'nothing' };

/**
 * Resolves one requirement of `asker` (a package). In this order, which looks at specs and at results that were waited
 * for, never at what happens to be built already:
 *
 * 1. a spec states that it provides it, the highest version first, and its build did not show otherwise;
 * 2. it is of a kind that only a build reveals, and specs are likely to: it stays open until all of them are built;
 * 3. the toolchain;
 * 4. it is of that kind, and the build of any other spec shows that it provides it: open until all of them are built.
 *
 * @param late nothing more can be built without an answer: what is there for 4. has to do
 */
export function resolve(graph: Graph, capability: Capability, asker: string, late = false): Provider {
  for (const node of providersOf(graph.declared, capability)) {
    if (!graph.results.has(node.package)) return { by: 'tree', node };
    const made = madeBy(graph, capability, (one) => one === node.package);
    if (made !== undefined) return { by: 'tree', node: made };
  }
  const name = nameOf(capability);
  if (!isRevealedByBuild(name) && !name.startsWith('/'))
    return { by: toolchainProvides(graph.declared, capability) ? 'toolchain' : 'nothing' };
  const needing = declaredDependents(graph.declared, asker);
  const able = (one: string) => one !== asker && !needing.has(one) && !isExcludedProvider(graph, asker, one);
  const likely = candidateProviders(graph.declared, capability).filter(able);
  const awaited = likely.filter((one) => !graph.results.has(one));
  if (awaited.length > 0) return { by: 'open', candidates: awaited, likely: true };
  const expected = madeBy(graph, capability, (one) => likely.includes(one));
  if (expected !== undefined) return { by: 'tree', node: expected };
  if (toolchainProvides(graph.declared, capability)) return { by: 'toolchain' };
  const others = [...graph.declared.specs.keys()].filter(
    (one) => !graph.results.has(one) && !graph.failed.has(one) && able(one),
  );
  if (others.length > 0 && !late) return { by: 'open', candidates: others.sort(order), likely: false };
  const found = madeBy(graph, capability, able);
  return found === undefined ? { by: 'nothing' } : { by: 'tree', node: found };
}

function madeBy(graph: Graph, capability: Capability, whose: (name: string) => boolean): RpmNode | undefined {
  return providersOf(graph.built, capability).find((node) => whose(node.package));
}

/**
 * What the build of `name` needs.
 * @param more requirements besides its BuildRequires (those of its %check)
 * @param late as in {@link resolve}
 */
export function needsOf(graph: Graph, name: string, more: readonly Capability[] = [], late = false): Needs {
  const spec = graph.declared.specs.get(name);
  const packages = new Set<string>();
  const waits = new Map<string, Wait>();
  const missing: Missing[] = [];
  const seen = new Set<string>();
  const queue: { capability: Capability; path: string[] }[] = [];
  const ask = (capabilities: readonly Capability[], path: string[]) => {
    for (const capability of capabilities) {
      if (seen.has(capability)) continue;
      seen.add(capability);
      queue.push({ capability, path });
    }
  };
  const wait = (one: Wait) => {
    const there = waits.get(one.package);
    if (there === undefined || (there.open !== undefined && one.open === undefined))
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
      for (const candidate of provider.candidates)
        wait({ package: candidate, through, open: { capability, likely: provider.likely } });
    }
  };
  ask([...(spec?.buildRequires ?? []), ...more], [name]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { capability, path } = next;
    if (!isRich(capability)) {
      const provider = resolve(graph, capability, name, late);
      take(provider, capability, path);
      if (provider.by === 'nothing') missing.push({ capability, path });
      continue;
    }
    // Which of its names count is the solver's affair: all of them are in its sight.
    const terms = termsOf(capability).map((term) => ({ term, provider: resolve(graph, term, name, late) }));
    const someone = terms.some(({ provider }) => provider.by === 'tree' || provider.by === 'toolchain');
    for (const { term, provider } of terms) {
      if (provider.by !== 'open' || provider.likely || !someone) take(provider, term, path);
    }
    if (isPlainlyMissing(capability) && terms.every(({ provider }) => provider.by === 'nothing'))
      missing.push({ capability, path });
  }
  return {
    packages: [...packages].sort(order),
    waits: [...waits.values()].sort((a, b) => order(a.package, b.package)),
    missing,
  };
}

/** Whether a rich dependency can only be met when one of its names is there. */
function isPlainlyMissing(rich: Capability): boolean {
  return !/\s(?:if|unless|without|else)\s/.test(rich);
}
