import { addToList } from '../../base/add-to-list.ts';
import { order } from '../../base/order.ts';
import { keyOf, parseCapability } from '../../rpm/capability.ts';
import { formatEvr } from '../../rpm/version.ts';
import { rpmVersion } from '../convert/debian-versions.ts';
import { aliasVersion, rpmName } from '../convert/rpm-names.ts';
import type { StandIn } from '../convert/stand-in.ts';
import { convertedStandIns } from '../convert/stand-ins.ts';
import type { Deb } from '../debian/deb.ts';
import type { Addition, Lock } from '../lock.ts';
import { standInsOf } from '../recipe.ts';

/** A stand-in that specs asked for. */
export interface OnDemand {
  standIn: StandIn;
  /** The provides that the graph knows of besides its name, without files: they follow from the lock alone. */
  provides: string[];
  /** Paths of its files that specs may require. */
  paths: string[];
  /** Sonames of its libraries. */
  sonames: string[];
}

/**
 * Returns the stand-ins on demand of a lock, in the order in which they were asked for. Each depends on the base and on
 * what was asked for before it, so a later addition changes none. A name that an RPM has already is not taken again: the
 * package keeps its Debian name. Pure.
 */
export function onDemandStandIns(lock: Lock): OnDemand[] {
  const names = new Names(standInsOf(lock).map(({ name }) => name));
  const debs = new Map(lock.packages.map((deb) => [deb.name, deb]));
  for (const { name } of lock.packages) names.set(name, rpmName(name));
  const found: OnDemand[] = [];
  const shown = new Map<string, string[]>();
  for (const addition of lock.additions) {
    for (const deb of addition.packages) debs.set(deb.name, deb);
    names.add(addition.packages);
    for (const [deb, keys] of Object.entries(addition.files))
      for (const key of keys) addToList(shown, deb, key);
    found.push(...standInsOfAddition(addition, debs, names, (deb) => characteristic(deb, shown.get(deb))));
    showMore(found, addition, names);
  }
  return found;
}

/**
 * Returns the capability by which RPMs everywhere require what is in a package: of a Perl module, the one of its name; of
 * others, the pkg-config file, Python module or library that comes first. Pure.
 */
function characteristic(deb: string, keys: readonly string[] = []): string | undefined {
  const isOwnModule = (key: string) =>
    deb === `lib${/^perl\((.+)\)$/.exec(key)?.[1]?.replaceAll('::', '-').toLowerCase()}-perl`;
  const first = (kind: RegExp) =>
    keys.filter((key) => kind.test(key)).sort((a, b) => a.length - b.length || order(a, b))[0];
  const soname = first(/^lib[^()]+\.so\.\d+$/);
  return (
    keys.find(isOwnModule) ??
    first(/^pkgconfig\(/) ??
    first(/^python[\d.]*dist\(/) ??
    (soname && `${soname}()(64bit)`)
  );
}

function standInsOfAddition(
  { asked, packages, files }: Addition,
  debs: ReadonlyMap<string, Deb>,
  names: Names,
  capabilityOf: (deb: string) => string | undefined,
): OnDemand[] {
  const nameOf = (deb: string) => names.of(deb);
  // A name that was asked for is provided by what was found for it, not by what has it as another name.
  const mayProvide = (one: StandIn, name: string) =>
    !names.has(name) && (asked[name]?.map(nameOf).includes(one.name) ?? true);
  const own = new Map(
    convertedStandIns(packages, { debs, nameOf, capabilityOf }).map((one) => [
      one.name,
      { ...one, provides: one.provides.filter((text) => mayProvide(one, keyOf(parseCapability(text)))) },
    ]),
  );
  const more: OnDemand[] = [];
  const shown = new Map<string, string[]>();
  for (const { name } of packages) for (const key of files[name] ?? []) addToList(shown, nameOf(name), key);
  for (const [capability, parts] of Object.entries(asked)) {
    const deb = debs.get(parts[0] as string) as Deb;
    // No list of files has the links of alternatives, which the conversion makes.
    if (isPath(capability)) addToList(shown, nameOf(deb.name), capability);
    // Files and libraries are there, or they are not: no Provides can promise them.
    if (isPath(capability) || isLibrary(capability)) continue;
    const targets = [...new Set(parts.map(nameOf))];
    const only = targets.length === 1 ? own.get(nameOf(deb.name)) : undefined;
    const same = targets.includes(capability) ? own.get(capability) : undefined;
    // One of several has the name that was asked for: whoever needs that needs the others, too.
    if (same !== undefined)
      same.requires = [...new Set([...same.requires, ...targets.filter((one) => one !== same.name)])].sort();
    else if (only !== undefined)
      only.provides = [...new Set([...only.provides, provideOf(capability, deb)])].sort();
    else more.push(alias(capability, deb, targets, names));
  }
  const converted = [...own.values()].map((standIn) => withShown(standIn, shown.get(standIn.name) ?? []));
  return [...converted, ...more];
}

/** Adds the paths of packages that were there before, which an addition was asked for. */
function showMore(found: readonly OnDemand[], { packages, files }: Addition, names: Names): void {
  const own = new Set(packages.map(({ name }) => name));
  for (const [deb, keys] of Object.entries(files)) {
    if (own.has(deb)) continue;
    const one = found.find(({ standIn }) => standIn.name === names.of(deb));
    one?.paths.push(...keys.filter((key) => isPath(key) && !one.paths.includes(key)));
  }
}

const isPath = (capability: string) => capability.startsWith('/');
const isLibrary = (capability: string) => /^lib[^()]+\.so(?:[.(]|$)/.test(capability);

/** Adds what the files of a stand-in show: the conversion finds the same, with versions. */
function withShown(standIn: StandIn, shown: readonly string[]): OnDemand {
  const names = shown.filter((key) => !isPath(key) && !isLibrary(key));
  return {
    standIn,
    provides: [...new Set([...standIn.provides, ...names])],
    paths: [...new Set(shown.filter(isPath))],
    sonames: shown.filter(isLibrary),
  };
}

/** Returns the provide of a capability that was asked for, with the version that the authors of the software gave it. */
function provideOf(capability: string, { version }: Deb): string {
  const plain = rpmVersion(version).version.replace(/[+~](?:dfsg|ds|git|repack|really).*$/, '');
  const evr = aliasVersion(capability, { epoch: 0, version: plain });
  return /^perl\(/.test(capability) ? capability : `${capability} = ${formatEvr(evr)}`;
}

/** Returns an RPM without files: it leads from a capability to several RPMs, or to one that was there before. */
function alias(capability: string, deb: Deb, targets: readonly string[], names: Names): OnDemand {
  const name = names.free(
    capability.replaceAll(/[^A-Za-z0-9._+-]+/g, '-').replace(/^[^A-Za-z0-9]+|-+$/g, ''),
  );
  const { epoch, version } = aliasVersion(name, rpmVersion(deb.version));
  const provides = name === capability ? [] : [provideOf(capability, deb)];
  const standIn: StandIn = {
    ...{ name, epoch, version, release: '1', noarch: true, summary: `Leads to ${targets.join(', ')}` },
    ...{
      debs: [],
      entries: [],
      provides,
      requires: [...targets].sort(),
      ignoredRequires: [],
      scripts: '',
    },
  };
  return { standIn, provides, paths: [], sonames: [] };
}

/** The names of RPMs, each of which is given once. */
class Names {
  private readonly byDeb = new Map<string, string>();
  private readonly taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.taken = new Set(taken);
  }

  has(name: string): boolean {
    return this.taken.has(name);
  }

  of(deb: string): string {
    return this.byDeb.get(deb) as string;
  }

  set(deb: string, name: string): void {
    this.byDeb.set(deb, name);
  }

  /** Gives names to the packages of an addition. */
  add(packages: readonly Deb[]): void {
    const before = new Set(this.taken);
    for (const { name } of packages) {
      const rpm = rpmName(name);
      const own = before.has(rpm) ? this.free(name) : rpm;
      this.taken.add(own);
      this.byDeb.set(name, own);
    }
  }

  /** Returns the name, with a mark if an RPM has it, and takes it. */
  free(name: string): string {
    let free = name;
    while (this.taken.has(free)) free += '-debian';
    this.taken.add(free);
    return free;
  }
}
