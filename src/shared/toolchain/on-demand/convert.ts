import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { counted } from '../../base/counted.ts';
import { order } from '../../base/order.ts';
import { linkFile } from '../../host/files.ts';
import { writeJson } from '../../host/json-files.ts';
import type { Rpm } from '../../model/rpm.ts';
import { baseRpms, type Toolchain } from '../../model/toolchain.ts';
import { type ConvertedRpm, convertAll, standInKey } from '../convert/convert.ts';
import { offeredBy, unsatisfied } from '../convert/requirements.ts';
import type { StandIn } from '../convert/stand-in.ts';
import { fetchDebs } from '../debian/fetch-debs.ts';
import type { Apt } from '../debian/package-lists.ts';
import { allPackages, type Lock } from '../lock.ts';

/** Returns the file name of the RPM that a stand-in becomes. Pure. */
export function fileOf({ name, version, release, noarch }: StandIn, arch: string): string {
  return `${name}-${version}-${release}.${noarch ? 'noarch' : arch}.rpm`;
}

/** Returns a toolchain without the RPMs on demand that are of another lock than these stand-ins. Pure. */
export function withoutOutdated(toolchain: Toolchain, standIns: readonly StandIn[]): Toolchain {
  const { arch, rpms, onDemand = {} } = toolchain;
  const keys = new Map(standIns.map((one) => [fileOf(one, arch), standInKey(one, arch)]));
  const all = Object.entries(onDemand);
  const kept = all.filter(([file, key]) => keys.get(file) === key);
  if (kept.length === all.length) return toolchain;
  const current = Object.fromEntries(kept);
  const isKept = ({ file }: Rpm) => !Object.hasOwn(onDemand, file) || Object.hasOwn(current, file);
  return { ...toolchain, rpms: rpms.filter(isKept), onDemand: current };
}

export interface ConvertOnDemandOptions {
  lock: Lock;
  /** All stand-ins on demand of the lock. */
  standIns: readonly StandIn[];
  /** Returns the file names of the stand-ins on demand that one needs, itself included. */
  closureOf: (file: string) => readonly string[];
  /** The toolchain folder, which gets the RPMs. */
  dir: string;
  cacheDir: string;
  jobs: number;
  apt: Apt;
}

/** A toolchain with the stand-ins on demand that could be converted. */
export interface GrownToolchain {
  toolchain: Toolchain;
  /** File names of those that could not. */
  failed: ReadonlySet<string>;
}

/**
 * Converts stand-ins on demand, named by their files, and adds them to the toolchain folder. The worker and all RPMs that
 * are there stay as they are. One that cannot be converted is left out, with a warning.
 */
export async function convertOnDemand(
  toolchain: Toolchain,
  files: readonly string[],
  options: ConvertOnDemandOptions,
): Promise<GrownToolchain> {
  const { lock, standIns, dir, cacheDir, jobs, apt } = options;
  const { arch } = toolchain;
  const byFile = new Map(standIns.map((one) => [fileOf(one, arch), one]));
  const wanted = files
    .filter((file) => !Object.hasOwn(toolchain.onDemand ?? {}, file))
    .map((file) => byFile.get(file) as StandIn);
  if (wanted.length === 0) return { toolchain, failed: new Set() };
  const digests = new Set(wanted.flatMap(({ debs }) => debs));
  const debs = allPackages(lock).filter((deb) => digests.has(deb.digest));
  const debsDir = join(cacheDir, 'debs');
  await fetchDebs(debs, debsDir, apt);
  apt.log.info(
    `Converting ${counted(debs.length, 'package')} to ${counted(wanted.length, 'stand-in')} on demand`,
  );
  const failed = new Set<string>();
  const leaveOut = (standIn: StandIn, reason: string) => {
    failed.add(fileOf(standIn, arch));
    apt.log.warn(`The stand-in ${standIn.name} cannot be made, so what needs it cannot be built: ${reason}`);
  };
  const conversion = {
    ...{
      cacheDir: join(cacheDir, 'stand-ins-on-demand'),
      debsDir,
      arch,
      jobs,
      log: apt.log,
      signal: apt.signal,
    },
    onFailure: (standIn: StandIn, error: Error) => leaveOut(standIn, error.message),
  };
  const first = await convertAll(wanted, conversion);
  const missing = missingOf(first, toolchain, options.closureOf);
  const converted = await convertAll(
    first.map(({ standIn, rpm }) => ({ ...standIn, ignoredRequires: missing.get(rpm) ?? [] })),
    conversion,
  );
  const unmet = missingOf(converted, toolchain, options.closureOf);
  for (const { standIn, rpm } of converted)
    if (unmet.has(rpm)) leaveOut(standIn, `nothing provides ${unmet.get(rpm)?.join(', ')}`);
  const isWhole = ({ rpm }: ConvertedRpm) => !options.closureOf(rpm.file).some((file) => failed.has(file));
  const added = converted.filter((one) => isWhole(one) && !failed.has(one.rpm.file));
  return { toolchain: await addRpms(toolchain, added, wanted, dir), failed };
}

/**
 * Returns the requirements of converted RPMs that neither the base nor the stand-ins that they need satisfy. Others that
 * happen to be there do not count: the RPM would depend on them.
 */
function missingOf(
  converted: readonly ConvertedRpm[],
  toolchain: Toolchain,
  closureOf: ConvertOnDemandOptions['closureOf'],
): Map<Rpm, string[]> {
  const base = offeredBy(baseRpms(toolchain));
  const others = toolchain.rpms.filter(({ file }) => Object.hasOwn(toolchain.onDemand ?? {}, file));
  const offered = new Map(
    [...others, ...converted.map(({ rpm }) => rpm)].map((rpm) => [rpm.file, offeredBy([rpm])]),
  );
  const missing = converted.map(({ rpm }) => {
    const needed = closureOf(rpm.file).map((file) => offered.get(file) ?? new Set<string>());
    return unsatisfied([rpm], [base, ...needed]);
  });
  return new Map(missing.flatMap((one) => [...one]));
}

/** Adds RPMs to a toolchain folder. Its description is replaced last: until then nobody sees them. */
async function addRpms(
  toolchain: Toolchain,
  converted: readonly ConvertedRpm[],
  standIns: readonly StandIn[],
  dir: string,
): Promise<Toolchain> {
  const onDemand = new Map(Object.entries(toolchain.onDemand ?? {}));
  const keys = new Map(standIns.map((one) => [fileOf(one, toolchain.arch), standInKey(one, toolchain.arch)]));
  for (const { path, rpm } of converted) {
    const file = join(dir, 'RPMS', rpm.file);
    await rm(file, { force: true });
    await linkFile(path, file);
    onDemand.set(rpm.file, keys.get(rpm.file) as string);
  }
  const rpms = [...toolchain.rpms, ...converted.map(({ rpm }) => rpm)].sort((a, b) => order(a.file, b.file));
  const sorted = [...onDemand].sort(([a], [b]) => order(a, b));
  const grown: Toolchain = { ...toolchain, rpms, onDemand: Object.fromEntries(sorted) };
  await writeJson(join(dir, 'toolchain.json'), grown);
  return grown;
}
