import { addToList } from '../base/add-to-list.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { keyOf, spellingsOf } from '../rpm/capability.ts';
import type { Requirement } from '../rpm/requirement.ts';
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
  /** The RPMs for each requirement that was asked for. Grows. */
  found: Map<Requirement, readonly RpmNode[]>;
}

/** The index of a toolchain. */
export function indexToolchain({ rpms, worker }: Toolchain): ToolchainIndex {
  const nodes = rpms.map((rpm) => nodeOfRpm(rpm, ''));
  const providers: ProviderIndex = new Map();
  addToIndex(providers, nodes);
  const owners = new Map<string, RpmNode[]>();
  for (const node of nodes) {
    for (const path of node.paths.flat()) {
      addToList(owners, path, node);
    }
  }
  const inWorker = new Set(worker);
  const ofWorker = new Set(nodes.filter((node) => inWorker.has(node.file as string)));
  return { worker: ofWorker, providers, owners, found: new Map() };
}

/** The toolchain's RPMs for a requirement, best first: those that the worker holds, then by version. */
export function findInToolchain(toolchain: ToolchainIndex, wanted: Requirement): readonly RpmNode[] {
  let found = toolchain.found.get(wanted);
  if (found === undefined) {
    const outside = (node: RpmNode) => (toolchain.worker.has(node) ? 0 : 1);
    found = providersIn(toolchain, wanted)
      .filter((node) => providesAll(node, wanted))
      .sort((a, b) => outside(a) - outside(b) || byVersion(a, b));
    toolchain.found.set(wanted, found);
  }
  return found;
}

function providersIn({ providers, owners }: ToolchainIndex, wanted: Requirement): RpmNode[] {
  const lookup = lookupOf(wanted);
  const named = providers.get(keyOf(lookup)) ?? [];
  if (lookup.kind === 'name') return [...named];
  return [...new Set([...named, ...spellingsOf(lookup.path).flatMap((path) => owners.get(path) ?? [])])];
}
