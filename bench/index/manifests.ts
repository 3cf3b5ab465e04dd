import { architectures } from '../../src/shared/base/architectures.ts';
import { keyOf } from '../../src/shared/cache-key/key.ts';
import { textDigest } from '../../src/shared/host/digests.ts';
import type { Result } from '../../src/shared/model/build-result.ts';
import type { Rpm } from '../../src/shared/model/rpm.ts';
import type { Line, Needs } from '../schedule/azure-linux.ts';
import { packageOf } from '../schedule/azure-linux.ts';
import { seeded } from '../schedule/random.ts';
import type { DebFiles } from './contents.ts';
import { binaries, debugPaths, ownFolders, rpmPaths } from './file-lists.ts';
import { debianKindOf, debianNames, kindOf } from './names.ts';

/** The Debian packages that stand for an RPM. `drawn`: by chance from those of its kind, not by its name. */
export interface StandIn {
  debs: string[];
  drawn: boolean;
}

/** Toolchain RPMs in every build root: assumed, about as many as a worker holds. */
const worker = 150;

/** Returns the stand-in of each RPM. No Debian package stands for two. */
export function standIns(lines: readonly Line[], names: readonly string[]): Map<string, StandIn> {
  const find = debianNames(names);
  const rpms = lines.flatMap(({ packages }) => packages.map((one) => namedRpm(one.rpm).name));
  const found = new Map(rpms.map((rpm) => [rpm, { debs: find(rpm), drawn: false }]));
  const taken = new Set([...found.values()].flatMap(({ debs }) => debs));
  const free = Object.groupBy(
    names.filter((name) => !taken.has(name)),
    (name) => debianKindOf(name) ?? 'none',
  );
  const random = seeded(1);
  for (const [rpm, { debs }] of found) {
    const kind = kindOf(rpm);
    if (debs.length > 0 || kind === 'debug') continue;
    const pool = free[kind] ?? [];
    const [drawn] = pool.splice(Math.floor(random() * pool.length), 1);
    found.set(rpm, { debs: drawn === undefined ? [] : [drawn], drawn: true });
  }
  return found;
}

/**
 * Returns the results of all builds, as their jobs would write them. Names, provides and requires are Azure Linux's, paths
 * are Debian's, digests are made up.
 */
export function manifests(
  { built, prebuilt }: { built: readonly Line[]; prebuilt: readonly Line[] },
  needs: Needs,
  standFor: ReadonlyMap<string, StandIn>,
  debian: ReadonlyMap<string, DebFiles>,
): Result[] {
  const base = prebuilt
    .flatMap(({ packages }) => packages.map(({ rpm }) => namedRpm(rpm)))
    .filter(({ name }) => kindOf(name) === 'main')
    .slice(0, worker);
  const lines = built.map((line, at) => ({ line, rpms: rpmsOf(line, at, standFor, debian) }));
  const all = lines.flatMap(({ rpms }) => rpms);
  ownFolders(all.map(({ files }) => files)).forEach((folders, at) => {
    Object.assign(all[at] as Rpm, { folders: folders.sort() });
  });
  const byPackage = new Map(lines.map(({ line, rpms }) => [packageOf(line.spec), rpms]));
  return lines.map(({ line, rpms }) => {
    const name = packageOf(line.spec);
    const others = (needs.get(name) ?? []).flatMap((need) => (byPackage.get(need) ?? []).filter(isAsked));
    const components: Record<string, string> = {
      ...{ schema: '1', spec: textDigest(line.spec), arch: architectures.x86_64.rpm },
      ...{ recipe: textDigest('recipe'), worker: textDigest('worker') },
    };
    for (const one of line.sources) components[`source:${one}`] = textDigest(one);
    for (const one of line.patches) components[`patch:${one}`] = textDigest(`${name} ${one}`);
    for (const one of [...base, ...others])
      components[`installed:${one.name}.${one.arch}`] = textDigest(one.name);
    return {
      ...{ schema: 'azl/result', version: 1, package: name, key: keyOf(components), components, rpms },
      srpm: { file: line.srpm, size: 1_234_567, shipDigest: textDigest(line.srpm) },
      ...{ seconds: 123.456, parts: { srpm: 1.234, builddep: 2.345, build: 119.876 } },
    };
  });
}

/** True for an RPM that a build root installs: the first of a package, its headers and libraries. */
function isAsked({ name }: Rpm, at: number): boolean {
  return kindOf(name) === 'devel' || kindOf(name) === 'libs' || (at === 0 && kindOf(name) !== 'debug');
}

function rpmsOf(
  { spec, srpm, packages }: Line,
  at: number,
  standFor: ReadonlyMap<string, StandIn>,
  debian: ReadonlyMap<string, DebFiles>,
): Rpm[] {
  const own = (rpm: string) => standFor.get(rpm)?.debs.flatMap((deb) => debian.get(deb) ?? []) ?? [];
  const elf = packages.flatMap(({ rpm }) => own(namedRpm(rpm).name).flatMap(binaries));
  return packages.map(({ rpm, provides, requires }) => {
    const named = namedRpm(rpm);
    const isDebug = kindOf(named.name) === 'debug';
    const paths = isDebug ? debugPaths(packageOf(spec), elf, at + 1) : own(named.name).flatMap(rpmPaths);
    const digests = { shipDigest: textDigest(`ship ${rpm}`), outputDigest: textDigest(named.name) };
    return {
      ...named,
      ...{ epoch: 0, sourceRpm: srpm, size: 1_234_567, ...digests, provides, requires },
      ...{ conflicts: [], obsoletes: [], files: [...new Set(paths)].sort(), folders: [] },
    };
  });
}

function namedRpm(path: string): Pick<Rpm, 'file' | 'name' | 'version' | 'release' | 'arch'> {
  const file = path.replace(/^.*\//, '');
  const [, name, version, release, arch] = /^(.+)-([^-]+)-([^-]+)\.([^.]+)\.rpm$/.exec(file) ?? [];
  return { file, name, version, release, arch } as Pick<
    Rpm,
    'file' | 'name' | 'version' | 'release' | 'arch'
  >;
}
