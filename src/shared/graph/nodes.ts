import { addToList } from '../base/add-to-list.ts';
import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import {
  canonicalPath,
  keyOf,
  matches,
  type PathCapability,
  type PlainCapability,
  parseCapability,
  spellingsOf,
} from '../rpm/capability.ts';
import { isRich, parseRequirement, type Requirement, satisfiedByOne } from '../rpm/requirement.ts';
import { compareEvr, type Evr } from '../rpm/version.ts';

/** An RPM as a spec declares it, as a build made it, or as the toolchain has it. */
export interface RpmNode {
  /** The package that makes it; empty for the toolchain. */
  package: string;
  name: string;
  evr: Evr;
  provides: readonly PlainCapability[];
  requires: readonly Requirement[];
  /** Lists of its paths. Of a spec: patterns of paths, too. */
  paths: readonly (readonly string[])[];
  /** The RPM's file name; absent of a spec. */
  file?: string;
}

/** Nodes by the name of what they provide. Paths are not in it: of all files there are too many. */
export type ProviderIndex = Map<string, RpmNode[]>;

/** The nodes of everything that a spec makes. */
export function nodesOfSpec(spec: Spec): RpmNode[] {
  return spec.packages
    .filter((one) => one.built)
    .map((one) => {
      const evr = evrOf(one);
      const self = { kind: 'name', text: one.name, name: one.name } as const;
      // A spec that does not parse has no version: any may be meant.
      const own = one.version === '' ? self : ({ ...self, comparison: '=', evr } as const);
      return {
        ...{ package: spec.package, name: one.name, evr },
        provides: [own, ...one.provides.map(parseCapability)],
        requires: one.requires.map(parseRequirement),
        paths: [one.files.map(canonicalPath)],
      };
    });
}

/** The nodes of a result. */
export function nodesOfResult(result: Result): RpmNode[] {
  return result.rpms.map((rpm) => nodeOfRpm(rpm, result.package));
}

/** The node of an RPM file. */
export function nodeOfRpm(rpm: Rpm, name: string): RpmNode {
  return {
    ...{ package: name, name: rpm.name, evr: evrOf(rpm), file: rpm.file },
    provides: rpm.provides.map(parseCapability),
    requires: rpm.requires.map(parseRequirement),
    paths: [rpm.files, rpm.folders],
  };
}

function evrOf({ epoch, version, release }: Pick<Rpm, 'epoch' | 'version' | 'release'>): Evr {
  return { epoch, version, release };
}

/** Adds nodes to an index. */
export function addToIndex(index: ProviderIndex, nodes: readonly RpmNode[]): void {
  for (const node of nodes) {
    for (const name of new Set(node.provides.map(keyOf))) {
      addToList(index, name, node);
    }
  }
}

/** True if one RPM satisfies a requirement: plain, or properties of one package (`with`, `without`). */
export function providesAll(node: RpmNode, wanted: Requirement): boolean {
  return satisfiedByOne(wanted, (plain) => provides(node, plain));
}

function provides(node: RpmNode, wanted: PlainCapability): boolean {
  return (
    node.provides.some((one) => matches(one, wanted)) || (wanted.kind === 'path' && ownsPath(node, wanted))
  );
}

const owned = new WeakMap<RpmNode, Map<string, boolean>>();

function ownsPath(node: RpmNode, { path }: PathCapability): boolean {
  const known = owned.get(node) ?? new Map<string, boolean>();
  owned.set(node, known);
  let answer = known.get(path);
  if (answer === undefined) {
    const spellings = spellingsOf(path);
    answer = node.paths.some((paths) => spellings.some((one) => paths.includes(one)));
    known.set(path, answer);
  }
  return answer;
}

/** Sorts providers, best first: highest version, then by package and name. */
export function byVersion(a: RpmNode, b: RpmNode): number {
  return -compareEvr(a.evr, b.evr) || order(a.package, b.package) || order(a.name, b.name);
}

/** The plain capability that a requirement on one package is looked up by: the first one of it. */
export function lookupOf(wanted: Requirement): PlainCapability {
  return isRich(wanted) ? lookupOf(wanted.operands[0] as Requirement) : wanted;
}
