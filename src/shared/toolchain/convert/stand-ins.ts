import { chosenFor, providersOf } from '../debian/closure.ts';
import { type Deb, rpmVersion, tolerantRequire } from '../debian/deb.ts';
import { aliases, primaryFirst, rpmName } from '../debian/rpm-names.ts';
import { linksOf, ownStandIns } from './builtin-packages.ts';

/** What an RPM gets besides the files of Debian packages. Paths are absolute. */
export type Entry = { path: string; user?: string; group?: string } & (
  | { type: 'folder'; mode?: number }
  | { type: 'file'; text: string; mode?: number; config?: boolean }
  /** `target` may hold `*`: then the last match in the package, or no link when there is none. */
  | { type: 'link'; target: string }
  /** Another mode and owner for a file that Debian's scripts would have changed. */
  | { type: 'owner'; mode: number }
);

/** One RPM to make: everything that shapes its bytes. */
export interface StandIn {
  name: string;
  epoch: number;
  version: string;
  release: string;
  noarch: boolean;
  summary: string;
  /** SHA-256 of the Debian packages of which it is made, in the order in which they are unpacked. */
  debs: string[];
  entries: Entry[];
  /** Sorted. */
  provides: string[];
  /** Sorted; what its ELF files need is added by the conversion. */
  requires: string[];
  /** What its ELF files need and nothing in the set has: Debian does not require it either. */
  ignoredRequires: string[];
  /** Scriptlets as they stand in a spec. */
  scripts: string;
}

/** What Debian only recommends, or has everywhere, and RPM's users expect to come along. */
const alsoNeeds: Readonly<Record<string, readonly string[]>> = {
  dracut: ['gzip', 'tar', 'zstd'],
  gcc: ['glibc-devel'],
  pam: ['pam-configuration'],
  rpm: ['bzip2', 'diffutils', 'distribution-rpm-macros', 'gzip', 'patch', 'tar', 'xz', 'zstd'],
};

/** All RPMs of the toolchain, sorted by name: those converted from `debs` and our own. Pure. */
export function standIns(debs: ReadonlyMap<string, Deb>): StandIn[] {
  const providers = providersOf(debs);
  const groups = new Map<string, Deb[]>();
  for (const deb of debs.values()) {
    const name = rpmName(deb.name);
    groups.set(name, [...(groups.get(name) ?? []), deb]);
  }
  const converted = [...groups].map(([name, parts]) => standIn(name, parts, debs, providers));
  return [...ownStandIns, ...converted].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function standIn(
  name: string,
  parts: readonly Deb[],
  debs: ReadonlyMap<string, Deb>,
  providers: ReadonlyMap<string, readonly string[]>,
): StandIn {
  const byName = new Map(parts.map((deb) => [deb.name, deb]));
  const ordered = primaryFirst([...byName.keys()]).map((part) => byName.get(part) as Deb);
  const primary = ordered[0] as Deb;
  const evr = rpmVersion(primary.version);
  const provides = new Set<string>();
  const requires = new Set<string>(['filesystem']);
  for (const alias of aliases(name)) provides.add(plainOnly(alias) ? `${alias} = ${evrText(evr)}` : alias);
  for (const deb of ordered) {
    if (deb.name !== name) provides.add(`${deb.name} = ${evrText(rpmVersion(deb.version))}`);
    for (const virtual of deb.provides) {
      if (virtual.name === name || byName.has(virtual.name)) continue;
      const version = virtual.version === undefined ? '' : ` = ${evrText(rpmVersion(virtual.version))}`;
      provides.add(virtual.name + version);
    }
    for (const group of deb.depends) {
      const found = group
        .map((one) => ({ one, deb: chosenFor(one, debs, providers) }))
        .find((pair) => pair.deb !== undefined);
      if (found?.deb === undefined) continue;
      const target = rpmName(found.deb.name);
      if (target === name) continue;
      requires.add(found.deb.name === found.one.name ? tolerantRequire(target, found.one) : target);
    }
  }
  for (const need of alsoNeeds[name] ?? []) requires.add(need);
  return {
    name,
    ...evr,
    noarch: ordered.every((deb) => deb.architecture === 'all'),
    summary: primary.summary,
    debs: ordered.map((deb) => deb.digest),
    entries: linksOf(name),
    provides: [...provides].sort(),
    requires: [...requires].sort(),
    ignoredRequires: [],
    scripts: name === 'glibc' ? ldconfigTriggers : '',
  };
}

function evrText(evr: { epoch: number; version: string; release: string }): string {
  return `${evr.epoch === 0 ? '' : `${evr.epoch}:`}${evr.version}-${evr.release}`;
}

function plainOnly(capability: string): boolean {
  return !/[/(]/.test(capability);
}

/** The loader's cache follows every transaction that touches a library folder; a trigger with `-p` would get an argument. */
const ldconfigTriggers = [
  '%transfiletriggerin -p /bin/sh -- /usr/lib /usr/lib64 /etc/ld.so.conf.d',
  '/usr/sbin/ldconfig',
  '%transfiletriggerpostun -p /bin/sh -- /usr/lib /usr/lib64 /etc/ld.so.conf.d',
  '/usr/sbin/ldconfig',
].join('\n');
