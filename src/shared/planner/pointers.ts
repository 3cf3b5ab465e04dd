import { order } from '../base/order.ts';
import { type DeclaredGraph, findDeclared } from '../graph/graph.ts';
import { findInToolchain } from '../graph/toolchain-index.ts';
import type { Result } from '../model/build-result.ts';
import type { Capability } from '../model/rpm.ts';
import { keyOf, mayBeRevealed, type PlainCapability, parseCapability } from '../rpm/capability.ts';
import { isRich, parseRequirement, plainCapabilitiesOf, type Requirement } from '../rpm/requirement.ts';

/** Packages by a capability that no spec declares, and that their newest results provide. Sorted. */
export type Pointers = ReadonlyMap<Capability, readonly string[]>;

/**
 * Finds the packages that earlier builds point to, for what specs require and for what earlier builds revealed as required
 * without having it in their root. Only for requirements that neither specs nor the toolchain provide: so the answer can
 * make a requirement be met that else is an error, and changes nothing else. Pure.
 * @param newest the newest result of each package
 */
export function pointersOf(graph: DeclaredGraph, newest: readonly Result[]): Pointers {
  const results = newest.filter((one) => graph.specs.has(one.package));
  const providers = new Map<string, Set<string>>();
  const add = (key: string, name: string) => providers.set(key, (providers.get(key) ?? new Set()).add(name));
  for (const { package: name, rpms } of results)
    for (const rpm of rpms) for (const one of rpm.provides) add(keyOf(parseCapability(one)), name);
  const asked = askedFor(graph, results);
  const paths = new Set([...asked].filter((key) => key.startsWith('/')));
  if (paths.size > 0) {
    for (const { package: name, rpms } of results)
      for (const path of rpms.flatMap((rpm) => [...rpm.files, ...rpm.folders])) {
        const key = keyOf(parseCapability(path));
        if (paths.has(key)) add(key, name);
      }
  }
  const found = [...asked].sort(order).flatMap((key) => {
    const names = providers.get(key);
    return names === undefined ? [] : [[key, [...names].sort(order)] as const];
  });
  return new Map(found);
}

/** The names and paths that nothing but a build can provide, as far as a spec or a result requires them. */
function askedFor(graph: DeclaredGraph, results: readonly Result[]): Set<string> {
  const open = (requirements: Iterable<Requirement>) =>
    [...requirements].flatMap(plainCapabilitiesOf).filter((one) => isOpen(graph, one));
  const asked = new Set<string>();
  for (const one of open([...graph.buildRequires.values()].flat())) asked.add(keyOf(one));
  for (const nodes of graph.rpms.values())
    for (const one of open(nodes.flatMap((node) => node.requires))) asked.add(keyOf(one));
  const rpmsInRoots = new Map(
    results.flatMap(({ rpms }) => rpms.map((rpm) => [`${rpm.name}.${rpm.arch}`, rpm])),
  );
  for (const { rpms, components } of results) {
    const inRoot = Object.keys(components).flatMap((name) => {
      const rpm = name.startsWith('installed:')
        ? rpmsInRoots.get(name.slice('installed:'.length))
        : undefined;
      return rpm === undefined ? [] : [rpm];
    });
    const provided = new Set(
      [...rpms, ...inRoot].flatMap((rpm) => rpm.provides.map((one) => keyOf(parseCapability(one)))),
    );
    const required = rpms.flatMap((rpm) => rpm.requires.map(parseRequirement)).filter((one) => !isRich(one));
    for (const one of open(required)) if (!provided.has(keyOf(one))) asked.add(keyOf(one));
  }
  return asked;
}

/** True for what only builds can tell: neither specs nor the toolchain provide it. */
function isOpen(graph: DeclaredGraph, wanted: PlainCapability): boolean {
  return (
    mayBeRevealed(wanted) &&
    findDeclared(graph, wanted).length === 0 &&
    findInToolchain(graph.toolchain, wanted).length === 0
  );
}
