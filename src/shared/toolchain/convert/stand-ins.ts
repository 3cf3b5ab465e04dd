import { addToList } from '../../base/add-to-list.ts';
import { order } from '../../base/order.ts';
import { formatEvr } from '../../rpm/version.ts';
import { chosenFor, virtualProviders } from '../debian/closure.ts';
import type { Deb } from '../debian/deb.ts';
import { builtinPackages, extraEntries } from './builtin-packages.ts';
import { rpmVersion, tolerantRequire } from './debian-versions.ts';
import { aliases, aliasVersion, hasOtherEpoch, primaryFirst, rpmName } from './rpm-names.ts';
import { scriptletsOf } from './scriptlets.ts';
import type { StandIn } from './stand-in.ts';

/** Requirements besides Debian's, by RPM: Debian only recommends these, or has them on every machine. */
const extraRequires: Readonly<Record<string, readonly string[]>> = {
  dracut: ['gzip', 'tar', 'zstd'],
  gcc: ['glibc-devel'],
  pam: ['pam-configuration'],
  'systemd-devel': ['systemd', 'systemd-udev'],
  rpm: ['bzip2', 'diffutils', 'distribution-rpm-macros', 'gzip', 'patch', 'tar', 'xz', 'zstd'],
};

/** Returns all RPMs of the toolchain, sorted by name: those converted from `debs`, and the builtin ones. Pure. */
export function standIns(debs: ReadonlyMap<string, Deb>): StandIn[] {
  const converted = convertedStandIns([...debs.values()], { debs, nameOf: rpmName });
  return [...builtinPackages, ...converted].sort((a, b) => order(a.name, b.name));
}

/** The packages that a stand-in may require. */
export interface Surroundings {
  /** Returns what a package provides under a name that does not come from Debian; undefined when nothing is known. */
  capabilityOf?: (deb: string) => string | undefined;
  /** The packages of the toolchain. */
  debs: ReadonlyMap<string, Deb>;
  /** Returns the name of the RPM that a package becomes. */
  nameOf: (deb: string) => string;
}

/** Returns the RPMs that `parts` become, in their order. Pure. */
export function convertedStandIns(parts: readonly Deb[], surroundings: Surroundings): StandIn[] {
  const { debs, nameOf } = surroundings;
  const providers = virtualProviders(debs);
  const groups = new Map<string, Deb[]>();
  for (const deb of parts) addToList(groups, nameOf(deb.name), deb);
  return [...groups].map(([name, group]) => standIn(name, group, { ...surroundings, providers }));
}

type Chosen = Surroundings & { providers: ReadonlyMap<string, readonly string[]> };

function standIn(name: string, parts: readonly Deb[], chosen: Chosen): StandIn {
  const byName = new Map(parts.map((deb) => [deb.name, deb]));
  const ordered = primaryFirst([...byName.keys()]).map((part) => byName.get(part) as Deb);
  const primary = ordered[0] as Deb;
  return {
    name,
    ...rpmVersion(primary.version),
    noarch: ordered.every((deb) => deb.architecture === 'all'),
    summary: primary.summary,
    debs: ordered.map((deb) => deb.digest),
    entries: extraEntries(name),
    provides: providesOf(name, ordered),
    requires: requiresOf(name, ordered, chosen),
    ignoredRequires: [],
    scripts: scriptletsOf(name),
  };
}

/** @param parts the first one gives the RPM its version */
function providesOf(name: string, parts: readonly Deb[]): string[] {
  const evr = rpmVersion((parts[0] as Deb).version);
  const provides = new Set<string>();
  for (const alias of aliases(name).concat(hasOtherEpoch(name) ? name : []))
    provides.add(isPlain(alias) ? `${alias} = ${formatEvr(aliasVersion(alias, evr))}` : alias);
  for (const deb of parts) {
    if (deb.name !== name) provides.add(`${deb.name} = ${formatEvr(rpmVersion(deb.version))}`);
    for (const virtual of deb.provides) {
      if (virtual.name === name || parts.some((part) => part.name === virtual.name)) continue;
      const version = virtual.version === undefined ? '' : ` = ${formatEvr(rpmVersion(virtual.version))}`;
      provides.add(virtual.name + version);
    }
  }
  return [...provides].sort();
}

function requiresOf(name: string, parts: readonly Deb[], chosen: Chosen): string[] {
  const { debs, providers, nameOf, capabilityOf } = chosen;
  const requires = new Set<string>(['filesystem', ...(extraRequires[name] ?? [])]);
  for (const group of parts.flatMap((deb) => deb.depends)) {
    for (const relation of group) {
      const deb = chosenFor(relation, debs, providers);
      if (deb === undefined) continue;
      const target = nameOf(deb.name);
      if (target === name) break;
      const requirement = deb.name === relation.name ? tolerantRequire(target, relation) : target;
      const other = capabilityOf?.(deb.name);
      // A package that a spec builds takes its place, and has another name.
      requires.add(other === undefined ? requirement : `(${requirement} or ${other})`);
      break;
    }
  }
  return [...requires].sort();
}

function isPlain(capability: string): boolean {
  return !/[/(]/.test(capability);
}
