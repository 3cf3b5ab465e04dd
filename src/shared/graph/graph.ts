import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { nameOf, satisfies } from '../rpm/capability.ts';
import { canonical, canonicalPath } from '../rpm/path.ts';
import { compareEvr } from '../rpm/version.ts';

/** An RPM as the graph sees it: what the spec says, or what rpmbuild made. */
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
  rpms: Map<string, RpmNode[]>;
  providers: Map<string, Set<RpmNode>>;
}

/** Everything that decides who needs whom. Made by {@link makeGraph}, grows by {@link addResult}. */
export interface Graph {
  specs: ReadonlyMap<string, Spec>;
  /** What the specs state. Never changes. */
  declared: NodeIndex;
  results: Map<string, Result>;
  /** What the results made. */
  built: NodeIndex;
  /** Packages that will have no result in this run. */
  failed: Set<string>;
  /** `asker candidate`: the candidate waits for the asker, so it cannot provide what the asker waits for. */
  excludedProviders: Set<string>;
  /** What the toolchain provides, by name. Its paths count, too. */
  toolchain: ReadonlyMap<string, readonly Capability[]>;
}

/** The graph of a tree of specs, before anything of it is built. Specs for another architecture are left out. */
export function makeGraph(specs: readonly Spec[], toolchain: Toolchain): Graph {
  const built = specs.filter((spec) => spec.excluded === undefined);
  const stated: NodeIndex = { rpms: new Map(), providers: new Map() };
  for (const spec of built) setRpms(stated, spec.package, nodesOfSpec(spec));
  return {
    specs: new Map(built.map((spec) => [spec.package, spec])),
    declared: stated,
    results: new Map(),
    built: { rpms: new Map(), providers: new Map() },
    failed: new Set(),
    excludedProviders: new Set(),
    toolchain: indexToolchain(toolchain.rpms),
  };
}

/** Adds what a build made. */
export function addResult(graph: Graph, result: Result): void {
  graph.results.set(result.package, result);
  setRpms(graph.built, result.package, nodesOfResult(result));
}

/** The package whose result already holds a file of this one's name, and that file: two may only differ once built. */
export function sameFile(graph: Graph, result: Result): { package: string; file: string } | undefined {
  const own = new Set([result.srpm.file, ...result.rpms.map(({ file }) => file)]);
  for (const other of graph.results.values()) {
    if (other.package === result.package) continue;
    const file = [other.srpm.file, ...other.rpms.map((rpm) => rpm.file)].find((one) => own.has(one));
    if (file !== undefined) return { package: other.package, file };
  }
  return undefined;
}

/** RPMs that provide `capability`, the one that wins first: highest version, then package, then name. */
export function providersOf(index: NodeIndex, capability: Capability): RpmNode[] {
  const wanted = canonical(capability);
  const name = nameOf(wanted);
  const found = [...(index.providers.get(name) ?? [])].filter(
    (node) => node.files.includes(name) || node.provides.some((provide) => satisfies(provide, wanted)),
  );
  return found.sort(
    (a, b) => -compareEvr(a.evr, b.evr) || order(a.package, b.package) || order(a.name, b.name),
  );
}

/** Whether a toolchain RPM provides `capability`. */
export function toolchainProvides(graph: Graph, capability: Capability): boolean {
  const wanted = canonical(capability);
  const provided = graph.toolchain.get(nameOf(wanted));
  return provided?.some((provide) => satisfies(provide, wanted)) ?? false;
}

function setRpms(index: NodeIndex, name: string, nodes: RpmNode[]): void {
  for (const old of index.rpms.get(name) ?? []) {
    for (const key of keysOf(old)) index.providers.get(key)?.delete(old);
  }
  index.rpms.set(name, nodes);
  for (const node of nodes) {
    for (const key of keysOf(node)) {
      const at = index.providers.get(key) ?? new Set();
      index.providers.set(key, at.add(node));
    }
  }
}

function keysOf(node: RpmNode): string[] {
  return [...node.provides.map(nameOf), ...node.files];
}

function nodesOfSpec(spec: Spec): RpmNode[] {
  return spec.packages
    .filter((one) => one.built)
    .map((one) => ({
      package: spec.package,
      name: one.name,
      evr: evrOf(one),
      provides: [`${one.name} = ${evrOf(one)}`, ...one.provides.map(canonical)],
      requires: one.requires,
      files: one.files.map(canonicalPath),
    }));
}

function nodesOfResult(result: Result): RpmNode[] {
  return result.rpms.map((rpm) => ({
    package: result.package,
    name: rpm.name,
    evr: evrOf(rpm),
    provides: rpm.provides.map(canonical),
    requires: rpm.requires,
    files: [...rpm.files, ...rpm.folders].map(canonicalPath),
  }));
}

function indexToolchain(rpms: readonly Rpm[]): Map<string, Capability[]> {
  const index = new Map<string, Capability[]>();
  const add = (capability: Capability) => {
    const name = nameOf(capability);
    const at = index.get(name);
    if (at === undefined) index.set(name, [capability]);
    else at.push(capability);
  };
  for (const rpm of rpms) {
    for (const one of [...rpm.provides, ...rpm.files, ...rpm.folders]) add(canonical(one));
  }
  return index;
}

/** `[epoch:]version-release` as rpm writes it: no epoch when it is 0. */
export function evrOf(rpm: { epoch: number; version: string; release: string }): string {
  return `${rpm.epoch === 0 ? '' : `${rpm.epoch}:`}${rpm.version}-${rpm.release}`;
}
