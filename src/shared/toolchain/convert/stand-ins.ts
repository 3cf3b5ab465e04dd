import { order } from '../../base/order.ts';
import { formatEvr } from '../../rpm/version.ts';
import { chosenFor, virtualProviders } from '../debian/closure.ts';
import type { Deb } from '../debian/deb.ts';
import { builtinPackages, extraEntries } from './builtin-packages.ts';
import { rpmVersion, tolerantRequire } from './debian-versions.ts';
import { aliases, primaryFirst, rpmName } from './rpm-names.ts';
import type { StandIn } from './stand-in.ts';

/** Requirements besides Debian's, by RPM: Debian only recommends these, or has them on every machine. */
const extraRequires: Readonly<Record<string, readonly string[]>> = {
  dracut: ['gzip', 'tar', 'zstd'],
  gcc: ['glibc-devel'],
  pam: ['pam-configuration'],
  rpm: ['bzip2', 'diffutils', 'distribution-rpm-macros', 'gzip', 'patch', 'tar', 'xz', 'zstd'],
};

/** Returns all RPMs of the toolchain, sorted by name: those converted from `debs`, and the builtin ones. Pure. */
export function standIns(debs: ReadonlyMap<string, Deb>): StandIn[] {
  const providers = virtualProviders(debs);
  const groups = new Map<string, Deb[]>();
  for (const deb of debs.values()) {
    const name = rpmName(deb.name);
    groups.set(name, [...(groups.get(name) ?? []), deb]);
  }
  const converted = [...groups].map(([name, parts]) => standIn(name, parts, debs, providers));
  return [...builtinPackages, ...converted].sort((a, b) => order(a.name, b.name));
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
  return {
    name,
    ...rpmVersion(primary.version),
    noarch: ordered.every((deb) => deb.architecture === 'all'),
    summary: primary.summary,
    debs: ordered.map((deb) => deb.digest),
    entries: extraEntries(name),
    provides: providesOf(name, ordered),
    requires: requiresOf(name, ordered, debs, providers),
    ignoredRequires: [],
    scripts: name === 'glibc' ? ldconfigTriggers : '',
  };
}

/** @param parts the first one gives the RPM its version */
function providesOf(name: string, parts: readonly Deb[]): string[] {
  const evr = formatEvr(rpmVersion((parts[0] as Deb).version));
  const provides = new Set<string>();
  for (const alias of aliases(name)) provides.add(isPlain(alias) ? `${alias} = ${evr}` : alias);
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

function requiresOf(
  name: string,
  parts: readonly Deb[],
  debs: ReadonlyMap<string, Deb>,
  providers: ReadonlyMap<string, readonly string[]>,
): string[] {
  const requires = new Set<string>(['filesystem', ...(extraRequires[name] ?? [])]);
  for (const group of parts.flatMap((deb) => deb.depends)) {
    for (const relation of group) {
      const chosen = chosenFor(relation, debs, providers);
      if (chosen === undefined) continue;
      const target = rpmName(chosen.name);
      if (target !== name)
        requires.add(chosen.name === relation.name ? tolerantRequire(target, relation) : target);
      break;
    }
  }
  return [...requires].sort();
}

function isPlain(capability: string): boolean {
  return !/[/(]/.test(capability);
}

/** Update the loader's cache after each transaction that changes a library folder. `-p /usr/sbin/ldconfig` would get arguments. */
const ldconfigTriggers = [
  '%transfiletriggerin -p /bin/sh -- /usr/lib /usr/lib64 /etc/ld.so.conf.d',
  '/usr/sbin/ldconfig',
  '%transfiletriggerpostun -p /bin/sh -- /usr/lib /usr/lib64 /etc/ld.so.conf.d',
  '/usr/sbin/ldconfig',
].join('\n');
