import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import type { Log } from '../base/log.ts';
import { problem } from '../base/problems.ts';
import { textDigest } from '../host/digests.ts';
import { tempSibling, writeWhole } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { clearLeftovers } from '../host/leftovers.ts';
import { lockFolder } from '../host/lock.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { ownStandIns } from './convert/builtin-packages.ts';
import { conversionRecipe, convertAll, type Made, place, prune } from './convert/convert.ts';
import { type StandIn, standIns } from './convert/stand-ins.ts';
import { type Apt, fetchDebs, offeredPackages } from './debian/apt.ts';
import { closure } from './debian/closure.ts';
import { buildPackages, imagePackages, leftOut, workerPackages } from './debian/requested-packages.ts';
import { rpmName } from './debian/rpm-names.ts';
import { reach, unsatisfied } from './debian/unsatisfied.ts';
import { folderMode, lockFile, stampFile } from './folder.ts';
import { type Lock, lockChanges, parseLock } from './lock.ts';
import { installWorker, workerDigest, workerTree } from './worker.ts';

export interface ToolchainOptions {
  mode: Toolchain['mode'];
  /** The toolchain folder: made whole, or left as it is when nothing changed. */
  dir: string;
  /** Holds `toolchain.lock`, downloads and converted packages. */
  cacheDir: string;
  /** Moves the lock to what the mirror has now. */
  update: boolean;
  /** Packages converted at once. */
  jobs: number;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** Everything besides the stand-ins that decides what a toolchain holds. */
const recipe = [conversionRecipe, workerPackages, workerDigest([])];

/**
 * Makes the toolchain folder, or answers the one that is there when lock and recipe are what it was made from: then
 * nothing but two small files is read, besides `toolchain.json`.
 * @throws ProblemsError when the lock names what is not to be had any more, or the host's lists lack a package.
 */
export async function prepareToolchain(options: ToolchainOptions): Promise<Toolchain> {
  // Whoever comes second takes what the first one makes.
  const release = await lockFolder(options.cacheDir, { wait: options.log, signal: options.signal });
  try {
    return await lockedToolchain(options);
  } finally {
    await release();
  }
}

async function lockedToolchain(options: ToolchainOptions): Promise<Toolchain> {
  if (options.mode !== 'bootstrap')
    throw problem(`toolchain mode '${options.mode}' is not supported yet`, {
      hint: "Only 'bootstrap' is (toolchain-mode=bootstrap, without a manifest or an archive).",
    });
  const lockPath = join(options.cacheDir, lockFile);
  const before = await readText(lockPath);
  const apt: Apt = { dir: join(options.cacheDir, 'apt'), log: options.log, signal: options.signal };
  const work = { ...options, apt, debsDir: join(options.cacheDir, 'debs') };
  if (before !== undefined && !options.update) return await settle(parseLock(before, lockPath), work);
  const lock = await choose(apt);
  if (before !== undefined) sayChanges(before, lock, lockPath, options.log);
  await fetchDebs(lock.packages, work.debsDir, apt);
  await writeWhole(lockPath, lockText(lock));
  return await settle(lock, work);
}

interface Work extends ToolchainOptions {
  apt: Apt;
  debsDir: string;
}

async function settle(lock: Lock, work: Work): Promise<Toolchain> {
  const found = await whole(work.dir, lock);
  if (found !== undefined) {
    // One that an older version made; another user's stays as it is.
    await chmod(work.dir, folderMode).catch(() => {});
    return found;
  }
  const { log, signal } = work;
  await clearLeftovers(dirname(work.dir), `${basename(work.dir)}.`, true);
  await fetchDebs(lock.packages, work.debsDir, work.apt);
  const wanted = standInsOf(lock);
  log.info(`Converting ${lock.packages.length} packages of ${lock.suite} to ${wanted.length} RPMs`);
  const made = await convertSet(wanted, lock, work);
  const rpms = made.map((one) => one.rpm).sort((a, b) => (a.file < b.file ? -1 : 1));
  const inWorker = reach(rpms, [
    ...ownStandIns.map((own) => own.name),
    ...workerPackages.flat().map(rpmName),
  ]);
  const part = tempSibling(work.dir);
  try {
    await mkdir(join(part, 'RPMS'), { recursive: true });
    await chmod(part, folderMode);
    for (const one of made) await place(one, join(part, 'RPMS'));
    log.info(`Installing the worker (${inWorker.length} RPMs)`);
    const files = inWorker.map((rpm) => join(part, 'RPMS', rpm.file));
    await installWorker(files, workerTree(part), signal);
    const toolchain: Toolchain = {
      schema: 'azl/toolchain',
      version: 1,
      mode: 'bootstrap',
      arch: lock.arch,
      rpms,
      worker: inWorker.map((rpm) => rpm.file),
      workerDigest: workerDigest(inWorker),
    };
    await writeWhole(join(part, stampFile), stamp(lock));
    await writeJson(join(part, 'toolchain.json'), toolchain);
    await replaceDirectory(part, work.dir);
    return toolchain;
  } finally {
    await removeTree(part);
  }
}

/** Converts all; those whose files need what nobody has are made once more without that need. */
async function convertSet(wanted: readonly StandIn[], lock: Lock, work: Work): Promise<Made[]> {
  const options = {
    cacheDir: join(work.cacheDir, 'stand-ins'),
    debsDir: work.debsDir,
    arch: lock.arch,
    jobs: work.jobs,
    log: work.log,
    signal: work.signal,
  };
  const first = await convertAll(wanted, options);
  const open = unsatisfied(first.map((one) => one.rpm));
  const settled = first.map((one) => {
    const ignoredRequires = open.get(one.rpm);
    return ignoredRequires === undefined ? one.standIn : { ...one.standIn, ignoredRequires };
  });
  const made = await convertAll(settled, options);
  await prune(options.cacheDir, [...first, ...made]);
  const [still] = unsatisfied(made.map((one) => one.rpm));
  if (still !== undefined)
    throw new Error(
      `${still[0].file} requires ${still[1].join(', ')}, which no package of the toolchain provides`,
    );
  return made;
}

async function choose(apt: Apt): Promise<Lock> {
  const offered = await offeredPackages(apt, hostArchitecture.debian);
  const { debs, missing } = closure(
    offered,
    [...workerPackages, ...buildPackages, ...imagePackages],
    leftOut,
  );
  const needed = missing.filter((wish) => !buildPackages.includes(wish));
  if (needed.length > 0)
    throw problem(
      `the host's package lists have none of: ${needed.map((wish) => wish.join(' or ')).join(', ')}`,
      {
        hint: 'Supported hosts are Debian 12 and 13 and Ubuntu 24.04 with their main components.',
      },
    );
  for (const wish of missing) apt.log.info(`Not in the host's package lists, left out: ${wish.join(' or ')}`);
  const packages = [...debs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    schema: 'azl/toolchain-lock',
    version: 1,
    suite: await suite(),
    arch: hostArchitecture.rpm,
    packages,
  };
}

/** What toolchains of this host and this version of azl have in common, in hex. */
export async function toolchainKind(): Promise<string> {
  return kindOf(await suite(), process.arch);
}

/** The same of a host of this suite and architecture. Pure. */
export function kindOf(suite: string, arch: string): string {
  return textDigest(JSON.stringify([recipe, suite, arch])).slice(0, 16);
}

async function suite(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')} ${field('VERSION_ID')}`.trim();
}

function sayChanges(beforeText: string, lock: Lock, lockPath: string, log: Log): void {
  let before: Lock;
  try {
    before = parseLock(beforeText, lockPath);
  } catch {
    log.info('toolchain.lock was not readable and is written anew');
    return;
  }
  const changes = lockChanges(before, lock);
  if (changes.length === 0) log.info('toolchain.lock is up to date');
  else log.info(`toolchain.lock moves:\n${changes.map((change) => `  ${change}`).join('\n')}`);
}

/** The text of `toolchain.lock`. Pure. */
export function lockText(lock: Lock): string {
  return `${JSON.stringify(lock, null, 1)}\n`;
}

/** Digest of all that the folder is made from: what a lock's packages become, and how. Pure. */
export function stamp(lock: Lock): string {
  return `${textDigest(JSON.stringify([recipe, lock.arch, lock.suite, standInsOf(lock)]))}\n`;
}

function standInsOf(lock: Lock): StandIn[] {
  return standIns(new Map(lock.packages.map((deb) => [deb.name, deb])));
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The toolchain in `dir` when it was made from this lock by this recipe. */
async function whole(dir: string, lock: Lock): Promise<Toolchain | undefined> {
  const [made, worker] = await Promise.all([
    readFile(join(dir, stampFile), 'utf8').catch(() => ''),
    stat(join(workerTree(dir), 'usr/src/azl')).catch(() => undefined),
  ]);
  if (made !== stamp(lock) || worker === undefined) return undefined;
  return await readJson<Toolchain>(join(dir, 'toolchain.json'));
}
