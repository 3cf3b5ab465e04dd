import type { Result } from '../model/build-result.ts';
import type { OnDemandRpm } from '../model/on-demand.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { keyOf } from '../rpm/capability.ts';
import { parseRequirement, type Requirement } from '../rpm/requirement.ts';
import {
  addToIndex,
  byVersion,
  lookupOf,
  nodesOfResult,
  nodesOfSpec,
  type ProviderIndex,
  providesAll,
  type RpmNode,
} from './nodes.ts';
import { changedPackages } from './prebuilt.ts';
import { indexToolchain, type ToolchainIndex } from './toolchain-index.ts';

/** The inputs that decide who provides, besides specs and results. */
export interface ProviderPolicy {
  /** Packages whose own needs take them from the toolchain: so a cycle through them is none. */
  breakCycles: ReadonlySet<string>;
  /** A requirement to which nothing points may be provided by any package: they are all built to find out. */
  discover: boolean;
  /** By capability, packages that earlier builds showed to provide what no spec declares. */
  pointers: ReadonlyMap<string, readonly string[]>;
}

/** The policy where no input says otherwise. */
export const plainPolicy: ProviderPolicy = { breakCycles: new Set(), discover: false, pointers: new Map() };

/** Who needs whom as specs and toolchain declare it, before anything is built. Immutable. */
export interface DeclaredGraph {
  /** Specs for another architecture are left out. */
  specs: ReadonlyMap<string, Spec>;
  /** BuildRequires by package. */
  buildRequires: ReadonlyMap<string, readonly Requirement[]>;
  buildConflicts: ReadonlyMap<string, readonly Requirement[]>;
  /** The RPMs of each spec. */
  rpms: ReadonlyMap<string, readonly RpmNode[]>;
  /** By package and RPM, the requirements that the spec states. Others were revealed by a build. */
  declaredRequires: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<Requirement>>>;
  /** The RPMs of the specs, by what they provide: names, and paths that a spec lists. */
  providers: Readonly<ProviderIndex>;
  /** The RPMs of the specs for each requirement that was asked for. Grows; the same under each policy. */
  found: Map<Requirement, readonly RpmNode[]>;
  toolchain: ToolchainIndex;
  /** Packages that take from the toolchain whatever it has of their needs. */
  toolchainFirst: ReadonlySet<string>;
  policy: ProviderPolicy;
}

/**
 * Who needs whom after some builds: one generation of the graph. It only grows: results, failures and excluded providers
 * are added, never replaced or removed. When a result is refused, a new generation starts ({@link newGraph}).
 *
 * The indexes are too large to be copied for every result, so they grow in place. Only the planner's engine adds to them,
 * through the functions below; a build that is running keeps the generation that it started with.
 */
export interface Graph {
  declared: DeclaredGraph;
  /** True if each package counts as built, just as its spec declares it: {@link asDeclared}. */
  isDeclared: boolean;
  results: ReadonlyMap<string, Result>;
  /** RPMs of the results, by package. */
  built: ReadonlyMap<string, readonly RpmNode[]>;
  /** The same by what they provide. */
  providers: Readonly<ProviderIndex>;
  /** The same by file name. */
  files: ReadonlyMap<string, RpmNode>;
  /** The RPMs of the root in which each result was built. */
  roots: ReadonlyMap<string, PlannedBuild['installed']>;
  /** Packages that will have no result in this run. */
  failed: ReadonlySet<string>;
  /** `asker candidate`: the candidate waits for the asker, so it cannot provide what the asker waits for. */
  excludedProviders: ReadonlySet<string>;
  /** Packages that wait no longer for any package that might provide what they need, each with those built by then. */
  searched: ReadonlyMap<string, ReadonlySet<string>>;
  /** Requirements that `%generate_buildrequires` of packages named. Of one that has a result: all. */
  generated: ReadonlyMap<string, readonly Capability[]>;
}

/** The graph of a tree of specs. */
export function declaredGraph(
  specs: readonly Spec[],
  toolchain: Toolchain,
  policy: ProviderPolicy = plainPolicy,
  onDemand: readonly OnDemandRpm[] = [],
): DeclaredGraph {
  const own = specs.filter((spec) => spec.excluded === undefined);
  const rpms = new Map(own.map((spec) => [spec.package, nodesOfSpec(spec)]));
  const providers: ProviderIndex = new Map();
  for (const nodes of rpms.values()) {
    addToIndex(providers, nodes);
    for (const node of nodes) addPaths(providers, node);
  }
  const requirements = (of: (spec: Spec) => readonly Capability[]) =>
    new Map(own.map((spec) => [spec.package, of(spec).map(parseRequirement)]));
  const requiresOf = (nodes: readonly RpmNode[]) =>
    new Map(nodes.map((one) => [one.name, new Set(one.requires)]));
  return {
    ...{ rpms, providers, policy, found: new Map(), toolchain: indexToolchain(toolchain, onDemand) },
    specs: new Map(own.map((spec) => [spec.package, spec])),
    toolchainFirst: changedPackages(own, toolchain),
    buildRequires: requirements((spec) => spec.buildRequires),
    buildConflicts: requirements((spec) => spec.buildConflicts),
    declaredRequires: new Map([...rpms].map(([name, nodes]) => [name, requiresOf(nodes)])),
  };
}

function addPaths(index: ProviderIndex, node: RpmNode): void {
  for (const path of new Set(node.paths.flat())) {
    const known = index.get(path);
    if (known === undefined) index.set(path, [node]);
    else if (!known.includes(node)) known.push(node);
  }
}

/** A generation in which nothing is built yet. */
export function newGraph(declared: DeclaredGraph): Graph {
  return {
    ...{ declared, isDeclared: false },
    ...{ results: new Map(), built: new Map(), providers: new Map(), files: new Map() },
    ...{ roots: new Map(), failed: new Set(), excludedProviders: new Set(), searched: new Map() },
    generated: new Map(),
  };
}

/** The graph as it would be if every build, except of the packages that failed, made exactly what its spec declares. */
export function asDeclared(declared: DeclaredGraph, failed: ReadonlySet<string> = new Set()): Graph {
  const { rpms, providers } = declared;
  const built = failed.size === 0 ? rpms : new Map([...rpms].filter(([name]) => !failed.has(name)));
  return { ...newGraph(declared), isDeclared: true, built, providers, failed };
}

/**
 * Adds what a build made.
 * @param root the RPMs in whose presence it was built
 * @throws Error when the package has another result in this generation
 */
export function addResult(graph: Graph, result: Result, root: PlannedBuild['installed'] = []): void {
  const { package: name } = result;
  if (graph.results.has(name)) throw new Error(`${name} has two results in one generation of the graph`);
  const nodes = nodesOfResult(result);
  (graph.results as Map<string, Result>).set(name, result);
  (graph.built as Map<string, readonly RpmNode[]>).set(name, nodes);
  (graph.roots as Map<string, PlannedBuild['installed']>).set(name, root);
  addToIndex(graph.providers, nodes);
  const files = graph.files as Map<string, RpmNode>;
  for (const node of nodes) files.set(node.file as string, node);
}

/** Adds a package that will have no result. */
export function addFailure(graph: Graph, name: string): void {
  (graph.failed as Set<string>).add(name);
}

/** Notes the requirements that the `%generate_buildrequires` of a package has named by now. */
export function noteGenerated(graph: Graph, name: string, requirements: readonly Capability[]): void {
  (graph.generated as Map<string, readonly Capability[]>).set(name, requirements);
}

/** Adds a candidate that cannot provide what `asker` waits for, because it waits for `asker`. */
export function excludeProvider(graph: Graph, asker: string, candidate: string): void {
  (graph.excludedProviders as Set<string>).add(`${asker} ${candidate}`);
}

/** True if {@link excludeProvider} was called for both. */
export function isExcludedProvider(graph: Graph, asker: string, candidate: string): boolean {
  return graph.excludedProviders.has(`${asker} ${candidate}`);
}

/** Adds a package that takes its providers from what is built by now, and from nothing that is built later. */
export function endSearch(graph: Graph, name: string): void {
  (graph.searched as Map<string, ReadonlySet<string>>).set(name, new Set(graph.built.keys()));
}

/** The results of those of `packages` that have one. */
export function resultsOf({ results }: Pick<Graph, 'results'>, packages: readonly string[]): Result[] {
  return packages.flatMap((name) => results.get(name) ?? []);
}

/** The RPMs that specs declare to satisfy a requirement, best first. */
export function findDeclared(graph: DeclaredGraph, wanted: Requirement): readonly RpmNode[] {
  let found = graph.found.get(wanted);
  if (found === undefined) {
    const named = graph.providers.get(keyOf(lookupOf(wanted))) ?? [];
    found = named.filter((node) => providesAll(node, wanted)).sort(byVersion);
    graph.found.set(wanted, found);
  }
  return found;
}
