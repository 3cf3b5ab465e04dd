import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { canonical, canonicalPath, nameOf, satisfies } from '../rpm/capability.ts';
import { compareEvr, formatEvr } from '../rpm/version.ts';

/** An RPM as a spec declares it, or as rpmbuild made it. */
export interface RpmNode {
  package: string;
  name: string;
  /** `[epoch:]version-release`. */
  evr: string;
  provides: readonly Capability[];
  requires: readonly Capability[];
  /** Paths as {@link canonicalPath} has them; of a spec also patterns of paths. */
  files: readonly string[];
}

/** RPMs by package and by what they provide: by name of a capability, or by path. */
export interface NodeIndex {
  rpms: ReadonlyMap<string, readonly RpmNode[]>;
  providers: ReadonlyMap<string, ReadonlySet<RpmNode>>;
}

/** Who needs whom as specs and toolchain declare it, before anything is built. Immutable. */
export interface DeclaredGraph extends NodeIndex {
  /** Specs for another architecture are left out. */
  specs: ReadonlyMap<string, Spec>;
  /** The capabilities, paths among them, that the toolchain provides, by name. */
  toolchain: ReadonlyMap<string, readonly Capability[]>;
}

/**
 * Who needs whom after some builds: one generation of the graph. It only grows: results, failures and excluded providers
 * are added, never replaced or removed. When a result is refused, a new generation starts ({@link newGraph}).
 *
 * The indexes of all paths are too large to be copied for every result, so they grow in place. Only the planner's engine
 * adds to them, through the three functions below; a build that is running keeps the generation that it started with.
 */
export interface Graph {
  declared: DeclaredGraph;
  results: ReadonlyMap<string, Result>;
  /** RPMs of the results. */
  built: NodeIndex;
  /** Packages that will have no result in this run. */
  failed: ReadonlySet<string>;
  /** `asker candidate`: the candidate waits for the asker, so it cannot provide what the asker waits for. */
  excludedProviders: ReadonlySet<string>;
}

/** The graph of a tree of specs. */
export function declaredGraph(specs: readonly Spec[], toolchain: Toolchain): DeclaredGraph {
  const built = specs.filter((spec) => spec.excluded === undefined);
  const index = emptyIndex();
  for (const spec of built) addRpms(index, spec.package, nodesOfSpec(spec));
  return {
    ...index,
    specs: new Map(built.map((spec) => [spec.package, spec])),
    toolchain: indexToolchain(toolchain.rpms),
  };
}

/** A generation in which nothing is built yet. */
export function newGraph(declared: DeclaredGraph): Graph {
  const [results, built] = [new Map(), emptyIndex()];
  return { declared, results, built, failed: new Set(), excludedProviders: new Set() };
}

/** Adds what a build made. @throws Error when the package has another result in this generation */
export function addResult(graph: Graph, result: Result): void {
  if (graph.results.has(result.package))
    throw new Error(`${result.package} has two results in one generation of the graph`);
  (graph.results as Map<string, Result>).set(result.package, result);
  addRpms(graph.built, result.package, nodesOfResult(result));
}

/** Adds a package that will have no result. */
export function addFailure(graph: Graph, name: string): void {
  (graph.failed as Set<string>).add(name);
}

/** Adds a candidate that cannot provide what `asker` waits for, because it waits for `asker`. */
export function excludeProvider(graph: Graph, asker: string, candidate: string): void {
  (graph.excludedProviders as Set<string>).add(`${asker} ${candidate}`);
}

/** True if {@link excludeProvider} was called for both. */
export function isExcludedProvider(graph: Graph, asker: string, candidate: string): boolean {
  return graph.excludedProviders.has(`${asker} ${candidate}`);
}

/** The results of those of `packages` that have one. */
export function resultsOf({ results }: Pick<Graph, 'results'>, packages: readonly string[]): Result[] {
  return packages.flatMap((name) => results.get(name) ?? []);
}

/** The other package whose result has a file of the same name as one of `result`, and that name. */
export function packageWithSameFile(graph: Graph, result: Result) {
  const filesOf = ({ srpm, rpms }: Result) => [srpm.file, ...rpms.map(({ file }) => file)];
  const own = new Set(filesOf(result));
  for (const other of graph.results.values()) {
    const file = other.package === result.package ? undefined : filesOf(other).find((one) => own.has(one));
    if (file !== undefined) return { package: other.package, file };
  }
  return undefined;
}

/** The RPMs that provide `capability`, best first: highest version, then by package and name. */
export function findProviders(index: NodeIndex, capability: Capability): RpmNode[] {
  const wanted = canonical(capability);
  const name = nameOf(wanted);
  const found = [...(index.providers.get(name) ?? [])].filter(
    (node) => node.files.includes(name) || node.provides.some((provide) => satisfies(provide, wanted)),
  );
  return found.sort(
    (a, b) => -compareEvr(a.evr, b.evr) || order(a.package, b.package) || order(a.name, b.name),
  );
}

/** True if a toolchain RPM provides `capability`. */
export function toolchainProvides(graph: DeclaredGraph, capability: Capability): boolean {
  const wanted = canonical(capability);
  const provided = graph.toolchain.get(nameOf(wanted));
  return provided?.some((provide) => satisfies(provide, wanted)) ?? false;
}

function emptyIndex(): NodeIndex {
  return { rpms: new Map(), providers: new Map() };
}

function addRpms(index: NodeIndex, name: string, nodes: readonly RpmNode[]): void {
  (index.rpms as Map<string, readonly RpmNode[]>).set(name, nodes);
  const providers = index.providers as Map<string, Set<RpmNode>>;
  for (const node of nodes) {
    for (const key of [...node.provides.map(nameOf), ...node.files])
      providers.set(key, (providers.get(key) ?? new Set()).add(node));
  }
}

function nodesOfSpec(spec: Spec): RpmNode[] {
  return spec.packages
    .filter((one) => one.built)
    .map((one) => ({
      package: spec.package,
      name: one.name,
      evr: formatEvr(one),
      provides: [`${one.name} = ${formatEvr(one)}`, ...one.provides.map(canonical)],
      requires: one.requires,
      files: one.files.map(canonicalPath),
    }));
}

function nodesOfResult(result: Result): RpmNode[] {
  return result.rpms.map((rpm) => ({
    package: result.package,
    name: rpm.name,
    evr: formatEvr(rpm),
    provides: rpm.provides.map(canonical),
    requires: rpm.requires,
    files: [...rpm.files, ...rpm.folders].map(canonicalPath),
  }));
}

function indexToolchain(rpms: readonly Rpm[]): Map<string, Capability[]> {
  const index = new Map<string, Capability[]>();
  for (const capability of rpms.flatMap((rpm) => [...rpm.provides, ...rpm.files, ...rpm.folders])) {
    const own = canonical(capability);
    const known = index.get(nameOf(own));
    if (known === undefined) index.set(nameOf(own), [own]);
    else known.push(own);
  }
  return index;
}
