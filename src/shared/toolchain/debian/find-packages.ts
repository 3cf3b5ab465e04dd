import { addToList } from '../../base/add-to-list.ts';
import { order } from '../../base/order.ts';
import type { Capability } from '../../model/rpm.ts';
import { parseRequirement, plainCapabilitiesOf } from '../../rpm/requirement.ts';
import { aliases, primaryFirst, rpmName } from '../convert/rpm-names.ts';
import { type Clue, cluesTo } from './candidate-packages.ts';
import type { Deb } from './deb.ts';

/** The packages of Debian's lists, in the ways in which capabilities lead to them. */
export interface PackageIndex {
  /** Those that may become stand-ins, by name. */
  debs: ReadonlyMap<string, Deb>;
  /** Names of packages by the RPM that they become, and its other names. */
  byRpm: ReadonlyMap<string, readonly string[]>;
  bySource: ReadonlyMap<string, readonly string[]>;
  /** Names of packages by the same without its number: `libfoo` for `libfoo-2.0` and `libfoo2a`. */
  byStem: ReadonlyMap<string, readonly string[]>;
  /** Names of packages by the keys of their files. */
  byFile: ReadonlyMap<string, readonly string[]>;
}

/** Returns the index of packages. @param byFile see {@link PackageIndex} @param excluded names that are no stand-ins */
export function indexPackages(
  universe: ReadonlyMap<string, Deb>,
  byFile: ReadonlyMap<string, readonly string[]>,
  excluded: RegExp,
): PackageIndex {
  const debs = new Map([...universe].filter(([name]) => !excluded.test(name)));
  const byRpm = new Map<string, string[]>();
  const bySource = new Map<string, string[]>();
  const byStem = new Map<string, string[]>();
  for (const { name, source } of debs.values()) {
    const rpm = rpmName(name);
    for (const one of [rpm, ...aliases(rpm)]) addToList(byRpm, one, name);
    addToList(bySource, source, name);
    const stem = withoutNumber(name);
    if (stem !== name) addToList(byStem, stem, name);
  }
  return { debs, byRpm, bySource, byStem, byFile };
}

/** Returns the Debian packages for a capability, of which all are needed; none if there is no clue to any. Pure. */
export function packagesFor(index: PackageIndex, capability: Capability): string[] {
  const [first] = plainCapabilitiesOf(parseRequirement(capability));
  for (const clue of first === undefined ? [] : cluesTo(first)) {
    const found = follow(index, clue);
    if (found.length > 0) return found;
  }
  return [];
}

function follow(index: PackageIndex, clue: Clue): string[] {
  const { debs, byRpm, bySource, byStem, byFile } = index;
  const known = (names: readonly string[] = []) => names.filter((name) => debs.has(name));
  if ('package' in clue) return known([clue.package]);
  if ('packages' in clue) return clue.packages.every((name) => debs.has(name)) ? [...clue.packages] : [];
  if ('rpm' in clue) return newest(primaryFirst(known(byRpm.get(clue.rpm))));
  if ('key' in clue) return best(known(byFile.get(clue.key)));
  if ('source' in clue) return best(known(bySource.get(clue.source)).filter((name) => clue.like.test(name)));
  return known(byStem.get(clue.numbered)).sort(byNumber).slice(-1);
}

/**
 * Returns the name without its number and Debian's mark of a changed ABI: `libfoo` of `libfoo2a`, `libfoo-dev` of
 * `libfoo-2.0-dev`. */
function withoutNumber(name: string): string {
  return name.replace(/-?\d[\d.]*[a-z]?(?:t64)?(?=-dev$|$)/, '');
}

/** Returns the first of several names, with the highest number that it has among them. */
function newest(names: readonly string[]): string[] {
  const [first] = names;
  if (first === undefined) return [];
  const stem = withoutNumber(first);
  return names
    .filter((name) => withoutNumber(name) === stem)
    .sort(byNumber)
    .slice(-1);
}

/** Returns the plainest of several names: the shortest, then the first. */
function best(names: readonly string[]): string[] {
  return [...names].sort((a, b) => a.length - b.length || order(a, b)).slice(0, 1);
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
