import type { Result } from '../result/result.ts';
import { nameOf, satisfies } from '../rpm/capability.ts';
import type { Capability, Rpm } from '../rpm/rpm.ts';
import { compareEvr } from '../rpm/version.ts';
import type { Spec } from '../spec/spec.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';

/** An RPM as the graph sees it: what the spec says until the package is built, then what rpmbuild made. */
export interface RpmNode {
  package: string;
  name: string;
  /** `[epoch:]version-release`. */
  evr: string;
  provides: readonly Capability[];
  requires: readonly Capability[];
  /** Paths, and before the build also patterns of paths. */
  files: readonly string[];
}

/** Everything that decides who needs whom. Made by {@link makeGraph}, grows by {@link addResult}. */
export interface Graph {
  specs: ReadonlyMap<string, Spec>;
  results: Map<string, Result>;
  /** RPMs of each package, as far as known. */
  rpms: Map<string, RpmNode[]>;
  /** Name of a capability, or path without wildcard → RPMs of the tree that may provide it. */
  providers: Map<string, Set<RpmNode>>;
  /** What the toolchain provides, by name. Its paths count, too. */
  toolchain: ReadonlyMap<string, readonly Capability[]>;
}

/** The graph of a tree of specs, before anything of it is built. Specs for another architecture are left out. */
export function makeGraph(specs: readonly Spec[], toolchain: Toolchain): Graph {
  const graph: Graph = {
    specs: new Map(specs.filter((spec) => spec.excluded === undefined).map((spec) => [spec.package, spec])),
    results: new Map(),
    rpms: new Map(),
    providers: new Map(),
    toolchain: indexToolchain(toolchain.rpms),
  };
  for (const spec of graph.specs.values()) setRpms(graph, spec.package, nodesOfSpec(spec));
  return graph;
}

/** Replaces what a spec says by what its build made. */
export function addResult(graph: Graph, result: Result): void {
  graph.results.set(result.package, result);
  setRpms(graph, result.package, nodesOfResult(result));
}

/** RPMs of the tree that provide `capability`, the one that wins first: highest version, then package, then name. */
export function providersOf(graph: Graph, capability: Capability): RpmNode[] {
  const name = nameOf(capability);
  const found = [...(graph.providers.get(name) ?? [])].filter(
    (node) => node.files.includes(name) || node.provides.some((provide) => satisfies(provide, capability)),
  );
  return found.sort(
    (a, b) => -compareEvr(a.evr, b.evr) || order(a.package, b.package) || order(a.name, b.name),
  );
}

/** Whether a toolchain RPM provides `capability`. */
export function toolchainProvides(graph: Graph, capability: Capability): boolean {
  const provided = graph.toolchain.get(nameOf(capability));
  return provided?.some((provide) => satisfies(provide, capability)) ?? false;
}

function setRpms(graph: Graph, name: string, nodes: RpmNode[]): void {
  for (const old of graph.rpms.get(name) ?? []) {
    for (const key of keysOf(old)) graph.providers.get(key)?.delete(old);
  }
  graph.rpms.set(name, nodes);
  for (const node of nodes) {
    for (const key of keysOf(node)) {
      const at = graph.providers.get(key) ?? new Set();
      graph.providers.set(key, at.add(node));
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
      provides: [`${one.name} = ${evrOf(one)}`, ...one.provides],
      requires: one.requires,
      files: one.files,
    }));
}

function nodesOfResult(result: Result): RpmNode[] {
  return result.rpms.map((rpm) => ({
    package: result.package,
    name: rpm.name,
    evr: evrOf(rpm),
    provides: rpm.provides,
    requires: rpm.requires,
    files: [...rpm.files, ...rpm.folders],
  }));
}

function indexToolchain(rpms: readonly Rpm[]): Map<string, Capability[]> {
  const index = new Map<string, Capability[]>();
  const add = (name: string, capability: Capability) => {
    const at = index.get(name);
    if (at === undefined) index.set(name, [capability]);
    else at.push(capability);
  };
  for (const rpm of rpms) {
    for (const provide of rpm.provides) add(nameOf(provide), provide);
    for (const path of [...rpm.files, ...rpm.folders]) add(path, path);
  }
  return index;
}

/** `[epoch:]version-release` as rpm writes it: no epoch when it is 0. */
export function evrOf(rpm: { epoch: number; version: string; release: string }): string {
  return `${rpm.epoch === 0 ? '' : `${rpm.epoch}:`}${rpm.version}-${rpm.release}`;
}

/** Plain code-unit order: the same on every host. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
