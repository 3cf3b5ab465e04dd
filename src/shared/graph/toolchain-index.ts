import { addToList } from '../base/add-to-list.ts';
import { order } from '../base/order.ts';
import type { OnDemandRpm } from '../model/on-demand.ts';
import { baseRpms, type Toolchain } from '../model/toolchain.ts';
import { keyOf, parseCapability, spellingsOf } from '../rpm/capability.ts';
import type { Requirement } from '../rpm/requirement.ts';
import { formatEvr } from '../rpm/version.ts';
import {
  addToIndex,
  byVersion,
  lookupOf,
  nodeOfRpm,
  type ProviderIndex,
  providesAll,
  type RpmNode,
} from './nodes.ts';

/** The RPMs of the toolchain, by what they provide and by their paths. */
export interface ToolchainIndex {
  /** The RPMs that are in every build root. */
  worker: ReadonlySet<RpmNode>;
  providers: Readonly<ProviderIndex>;
  /** RPMs by each path that they own, as the RPM has it. */
  owners: ReadonlyMap<string, readonly RpmNode[]>;
  /** The RPMs that specs asked for, in the order of the lock: their place in it, and what is known of them. */
  onDemand: ReadonlyMap<RpmNode, { place: number; rpm: OnDemandRpm }>;
  /** Those by soname. */
  sonames: ReadonlyMap<string, readonly RpmNode[]>;
  /** The RPMs for each requirement that was asked for. Grows. */
  found: Map<Requirement, readonly RpmNode[]>;
}

/** The index of a toolchain. @param onDemand all that its lock has on demand, in its order, converted or not */
export function indexToolchain(toolchain: Toolchain, onDemand: readonly OnDemandRpm[] = []): ToolchainIndex {
  const asked = onDemand.map((rpm) => [nodeOnDemand(rpm), rpm] as const);
  const base = baseRpms(toolchain).map((rpm) => nodeOfRpm(rpm, ''));
  const nodes = [...base, ...asked.map(([node]) => node)];
  const providers: ProviderIndex = new Map();
  addToIndex(providers, nodes);
  const owners = new Map<string, RpmNode[]>();
  for (const node of nodes) {
    for (const path of node.paths.flat()) {
      addToList(owners, path, node);
    }
  }
  const inWorker = new Set(toolchain.worker);
  const ofWorker = new Set(nodes.filter((node) => inWorker.has(node.file as string)));
  const sonames = new Map<string, RpmNode[]>();
  for (const [node, rpm] of asked) for (const soname of rpm.sonames) addToList(sonames, soname, node);
  const known = new Map(asked.map(([node, rpm], place) => [node, { place, rpm }]));
  return { worker: ofWorker, providers, owners, onDemand: known, sonames, found: new Map() };
}

function nodeOnDemand(rpm: OnDemandRpm): RpmNode {
  const { name, file, epoch, version, release, provides, paths } = rpm;
  const own = `${name} = ${formatEvr({ epoch, version, release })}`;
  return {
    ...{ package: '', name, evr: { epoch, version, release }, file },
    ...{ provides: [own, ...provides].map(parseCapability), requires: [], paths: [paths] },
  };
}

/**
 * The toolchain's RPMs for a requirement, best first: those that the worker holds, then by version; last those on demand, in
 * the order of the lock.
 */
export function findInToolchain(toolchain: ToolchainIndex, wanted: Requirement): readonly RpmNode[] {
  let found = toolchain.found.get(wanted);
  if (found === undefined) {
    const rank = (node: RpmNode) => {
      const place = toolchain.onDemand.get(node)?.place;
      return place === undefined ? (toolchain.worker.has(node) ? -2 : -1) : place;
    };
    const named = providersIn(toolchain, wanted).filter((node) => providesAll(node, wanted));
    found = [...new Set([...named, ...librariesIn(toolchain, wanted)])].sort(
      (a, b) => rank(a) - rank(b) || byVersion(a, b),
    );
    toolchain.found.set(wanted, found);
  }
  return found;
}

/**
 * True if only the conversion of an RPM on demand tells the version of what it provides: Debian's lists know the names of
 * its Perl modules and pkg-config files. Pure.
 */
export function hasNoVersionYet({ onDemand }: ToolchainIndex, node: RpmNode, wanted: Requirement): boolean {
  if (wanted.kind !== 'name' || wanted.evr === undefined || !onDemand.has(node)) return false;
  const { name } = wanted;
  return node.provides.some((one) => one.kind === 'name' && one.name === name && one.evr === undefined);
}

/** The RPMs on demand with the library of `libfoo.so.1()(64bit)` or `libfoo.so.1(FOO_1.2)(64bit)`. */
function librariesIn({ sonames }: ToolchainIndex, wanted: Requirement): readonly RpmNode[] {
  const soname = wanted.kind === 'name' ? /^(lib[^()]+\.so[^()]*)\(/.exec(wanted.name)?.[1] : undefined;
  return soname === undefined ? [] : (sonames.get(soname) ?? []);
}

function providersIn({ providers, owners }: ToolchainIndex, wanted: Requirement): RpmNode[] {
  const lookup = lookupOf(wanted);
  const named = providers.get(keyOf(lookup)) ?? [];
  if (lookup.kind === 'name') return [...named];
  return [...new Set([...named, ...spellingsOf(lookup.path).flatMap((path) => owners.get(path) ?? [])])];
}

/** The stand-ins on demand that RPMs of the toolchain lead to. */
export function needsOnDemand(
  { onDemand }: ToolchainIndex,
  nodes: Iterable<RpmNode>,
): { onDemand: string[]; unconverted: string[] } {
  if (onDemand.size === 0) return { onDemand: [], unconverted: [] };
  const files = new Set<string>();
  for (const node of nodes) for (const file of onDemand.get(node)?.rpm.closure ?? []) files.add(file);
  const converted = new Set([...onDemand.values()].flatMap(({ rpm }) => (rpm.isConverted ? [rpm.file] : [])));
  const sorted = [...files].sort(order);
  return { onDemand: sorted, unconverted: sorted.filter((file) => !converted.has(file)) };
}
