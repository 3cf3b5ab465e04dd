import { join } from 'node:path';
import { addToList } from '../../base/add-to-list.ts';
import { counted } from '../../base/counted.ts';
import { order } from '../../base/order.ts';
import { constant, digest, integer, list, object, text } from '../../base/schema.ts';
import { writeWhole } from '../../host/files.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { closure } from '../debian/closure.ts';
import { contentsSettings, listsState, packagesByFile, packagesWithPaths } from '../debian/contents.ts';
import { isCapability } from '../debian/contents-keys.ts';
import type { Deb } from '../debian/deb.ts';
import { indexPackages, type PackageIndex, packagesFor } from '../debian/find-packages.ts';
import { type Apt, offeredPackages } from '../debian/package-lists.ts';
import { neverConverted } from '../debian/requested-packages.ts';
import { type Addition, allPackages, type Lock, lockText } from '../lock.ts';

/** The names of which the lists have no package. With other lists or other rules it is looked up again. */
interface Unknown {
  schema: 'azl/unknown-capabilities';
  version: 1;
  /** The version of the rules. */
  rules: number;
  /** The digest of apt's lists. */
  lists: string;
  capabilities: string[];
}

const unknownSchema = object<Unknown>({
  ...{ schema: constant('azl/unknown-capabilities'), version: constant(1), rules: integer(), lists: digest },
  capabilities: list(text(4096), 100_000),
});

/** The version of the rules that lead from a capability to packages: to be raised with each change of them. */
const rules = 5;

interface AddOptions {
  lock: Lock;
  /** The file of the lock. */
  lockPath: string;
  /** Debian's name of the architecture. */
  arch: string;
  cacheDir: string;
  apt: Apt;
}

/**
 * Looks up capabilities (names or paths, without versions) that neither the lock nor a tree has, and adds their packages
 * to the lock and its file. Returns the lock, which is the same one if nothing was found.
 */
export async function addToLock(capabilities: readonly string[], options: AddOptions): Promise<Lock> {
  const { lock, lockPath, arch, cacheDir } = options;
  const known = new Set(lock.additions.flatMap(({ asked }) => Object.keys(asked)));
  const wanted = [...new Set(capabilities)].filter((one) => !known.has(one)).sort(order);
  if (wanted.length === 0) return lock;
  const file = join(cacheDir, 'unknown-capabilities.json');
  const apt: Apt = { ...options.apt, settings: { ...options.apt.settings, ...contentsSettings } };
  const before = await readJson(unknownSchema, file);
  const isCurrent = before?.rules === rules && before.lists === (await listsState(apt.dir));
  const unknown = new Set(isCurrent ? before.capabilities : []);
  if (wanted.every((one) => unknown.has(one))) return lock;
  apt.log.info(`Looking up ${counted(wanted.length, 'unknown name')} in the host's package lists`);
  const { universe, index } = await readLists(wanted, arch, apt);
  const { addition, missing } = chooseAddition(lock, universe, index, wanted);
  const lists = await listsState(apt.dir);
  // Other runs, and other questions of this one, have asked for other names.
  const others = before?.rules === rules && before.lists === lists ? before.capabilities : [];
  await writeJson(file, {
    schema: 'azl/unknown-capabilities',
    version: 1,
    rules,
    lists,
    capabilities: [...new Set([...others, ...missing])].sort(order),
  } satisfies Unknown);
  if (addition === undefined) return lock;
  const added: Lock = { ...lock, additions: [...lock.additions, addition] };
  await writeWhole(lockPath, lockText(added));
  apt.log.info(
    `${counted(Object.keys(addition.asked).length, 'name')} found: ${counted(addition.packages.length, 'package')} added to ${lockPath}`,
  );
  return added;
}

async function readLists(wanted: readonly string[], arch: string, apt: Apt) {
  const universe = await offeredPackages(apt, arch);
  const byFile = await packagesByFile(apt.dir, apt.signal);
  const paths = wanted.filter((one) => one.startsWith('/') && !byFile.has(one));
  for (const [path, names] of await packagesWithPaths(apt.dir, paths, apt.signal)) byFile.set(path, names);
  return { universe, index: indexPackages(universe, byFile, neverConverted) };
}

/**
 * Returns the addition to a lock for capabilities, and those of which nothing leads to a package. What the lock has stays
 * as it is there, whatever the lists offer now. Pure.
 */
export function chooseAddition(
  lock: Lock,
  offered: ReadonlyMap<string, Deb>,
  index: PackageIndex,
  wanted: readonly string[],
): { addition: Addition | undefined; missing: string[] } {
  const locked = allPackages(lock);
  const universe = new Map([...offered, ...locked.map((deb) => [deb.name, deb] as const)]);
  const asked: Addition['asked'] = {};
  const missing: string[] = [];
  for (const capability of wanted) {
    const names = packagesFor(index, capability);
    if (names.length === 0) missing.push(capability);
    else asked[capability] = names;
  }
  const found = [...new Set(Object.values(asked).flat())];
  if (found.length === 0) return { addition: undefined, missing };
  const { debs } = closure(
    universe,
    found.map((name) => [name]),
    neverConverted,
    locked,
  );
  const packages = [...debs.values()].sort((a, b) => order(a.name, b.name));
  const files = filesOf(index, new Set(packages.map(({ name }) => name)), asked);
  return { addition: { asked, packages, files }, missing };
}

/** Returns what the files of packages show that they provide, and the paths that were asked for, sorted by package. Pure. */
function filesOf(
  { byFile }: PackageIndex,
  names: ReadonlySet<string>,
  asked: Addition['asked'],
): Addition['files'] {
  const found = new Map<string, string[]>();
  for (const [key, owners] of byFile)
    if (isCapability(key))
      for (const name of owners)
        if (names.has(name) || (key.startsWith('/') && asked[key]?.includes(name)))
          addToList(found, name, key);
  return Object.fromEntries(
    [...found].sort(([a], [b]) => order(a, b)).map(([name, keys]) => [name, keys.sort(order)]),
  );
}
