import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../../base/architectures.ts';
import { counted } from '../../base/counted.ts';
import { lastLines } from '../../base/last-lines.ts';
import { order } from '../../base/order.ts';
import { problem } from '../../base/problems.ts';
import { fileDigest, textDigest } from '../../host/digests.ts';
import { writeWhole } from '../../host/files.ts';
import { lockFolder } from '../../host/lock.ts';
import { needs } from '../../host/needs.ts';
import { ensureCommands } from '../../host/packages.ts';
import { ToolError } from '../../host/process.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { ToolchainSourceInputs } from '../../model/inputs.ts';
import type { Rpm } from '../../model/rpm.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { makeDownloader } from '../../sources/download.ts';
import { readToolchain } from '../folder.ts';
import { lockFile } from '../lock.ts';
import type { MakeOptions } from '../make-toolchain.ts';
import { UnusableToolchainError } from '../unusable.ts';
import { workerDigest } from '../worker.ts';
import { writeToolchainFolder } from '../write-folder.ts';
import { fetchRpms } from './fetch-rpms.ts';
import { manifestText } from './parse-manifest.ts';
import { type Manifests, readManifests } from './read-manifests.ts';
import { azureLinuxServers, openServers } from './rpm-servers.ts';
import { checkRpmSignatures, checksSignatures, collectKeys } from './signatures.ts';
import { unpackArchive } from './unpack-archive.ts';
import { workerOf, workerRoots } from './worker-of.ts';

/** How a toolchain is made of the RPMs that a manifest lists. */
export interface ManifestOptions extends Omit<MakeOptions, 'jobs'> {
  mode: Exclude<Toolchain['mode'], 'bootstrap'>;
  source: ToolchainSourceInputs;
  /** True to accept other RPMs of the same names than before. */
  updateLock: boolean;
}

/** The folder in the cache folder with the RPMs of a manifest and their lock. */
const folder = 'toolchain-rpms';

/** Returns the path of the lock of a manifest: the digests of the RPMs that it lists. Pure. */
export function manifestLock(cacheDir: string): string {
  return join(cacheDir, folder, lockFile);
}

const arch = hostArchitecture.rpm;

/**
 * Returns the toolchain of a manifest: downloads its RPMs or takes them from an archive, checks them, writes their digests
 * to the lock, and makes the folder, unless it was made of the same.
 * @throws ProblemsError with everything that is wrong with the manifest, the archive, or an RPM
 */
export async function prepareFromManifest(
  options: ManifestOptions,
): Promise<{ toolchain: Toolchain; reused: boolean }> {
  const { cacheDir, updateLock, source, dir, log, signal } = options;
  // A second process waits here, and then finds what the first one made.
  const release = await lockFolder(cacheDir, { wait: log, signal });
  try {
    const lock = manifestLock(cacheDir);
    const manifests = await readManifests(source, updateLock ? undefined : lock, arch);
    const locked = await manifestStamp(manifests, options);
    const found = locked === undefined ? undefined : await readToolchain(dir, locked);
    if (found !== undefined) return { toolchain: found, reused: true };
    const rpms = await obtainRpms(manifests, options);
    const stamp = await manifestStamp(withDigests(manifests, rpms), options);
    return { toolchain: await makeFolder(rpms, manifests, stamp as string, options), reused: false };
  } finally {
    await release();
  }
}

function withDigests({ rpms, worker }: Manifests, found: readonly Rpm[]): Manifests {
  const digests = new Map(found.map((rpm) => [rpm.file, rpm.shipDigest]));
  return { worker, rpms: rpms.map((one) => ({ ...one, sha256: digests.get(one.file) })) };
}

/**
 * Returns the digest of all that a toolchain folder is made from; undefined while the digest of an RPM is not known. Whose
 * signature was checked counts, and so does the archive: what else is in it must be looked at.
 */
export async function manifestStamp(
  { rpms, worker }: Manifests,
  { mode, source }: Pick<ManifestOptions, 'mode' | 'source'>,
): Promise<string | undefined> {
  if (rpms.some(({ sha256 }) => sha256 === undefined)) return undefined;
  const content = rpms.map(({ file, sha256 }) => `${file} ${sha256}`).sort(order);
  const keys = checksSignatures(source) ? source.toolchainGpgValidationKeys : [];
  const archive = mode === 'archive' ? await archiveDigest(source.toolchainArchive) : '';
  return `${textDigest(JSON.stringify([mode, arch, workerDigest([]), content, worker ?? workerRoots, keys, archive]))}\n`;
}

async function archiveDigest(path: string): Promise<string> {
  if (path === '')
    throw problem("Input 'toolchain-archive' (TOOLCHAIN_ARCHIVE) is empty", {
      hint: 'Name the tar archive that holds the RPMs of the manifest.',
    });
  return await fileDigest(path).catch((error: NodeJS.ErrnoException) => {
    throw problem(`The archive of the toolchain cannot be read (${error.code})`, { file: path });
  });
}

/** Returns the RPMs, sorted by file name, after all checks of them, and writes their digests to the lock. */
export async function obtainRpms({ rpms }: Manifests, options: ManifestOptions): Promise<Rpm[]> {
  const { mode, source, cacheDir, updateLock, log, signal } = options;
  const dir = join(cacheDir, folder, 'RPMS');
  await mkdir(dir, { recursive: true });
  const manifest = source.toolchainManifest;
  const downloader = makeDownloader({ atOnce: 8, retries: 5, signal });
  return await withTempDir(cacheDir, 'toolchain-', async (tempDir) => {
    const keysDir = join(tempDir, 'keys');
    if (checksSignatures(source)) await ensureCommands(needs.repositories, log, signal);
    const keys = checksSignatures(source)
      ? await collectKeys(source.toolchainGpgValidationKeys, keysDir, downloader)
      : [];
    let found: Map<string, Rpm>;
    if (mode === 'archive') found = await unpackArchive(source.toolchainArchive, rpms, { dir, manifest });
    else {
      const addresses = source.packageUrlList.length === 0 ? azureLinuxServers(arch) : source.packageUrlList;
      const servers = await openServers(addresses, { arch, tempDir, downloader, keys, log, signal });
      const progress = (does: string) => log.progress(does);
      found = await fetchRpms(rpms, { dir, manifest, servers, downloader, anew: updateLock, progress });
    }
    const files = [...found.keys()].sort(order);
    if (keys.length > 0) await checkRpmSignatures({ dir, rpms, manifest }, { keysDir, tempDir, signal });
    const unknown = rpms.filter(({ sha256 }) => sha256 === undefined).length;
    const how = keys.length > 0 ? 'each is signed' : 'each has the right digest';
    const fresh = `${unknown} of them had no digest before, and have one in the lock now`;
    log.info(`${counted(rpms.length, 'RPM')}: ${keys.length === 0 && unknown > 0 ? fresh : how}`);
    // What earlier manifests listed.
    const old = (await readdir(dir)).filter((name) => !found.has(name));
    for (const name of old) await rm(join(dir, name), { force: true, recursive: true });
    const sorted = files.map((file) => found.get(file) as Rpm);
    const digests = new Map(sorted.map(({ file, shipDigest }) => [file, shipDigest]));
    await writeWhole(manifestLock(cacheDir), manifestText(digests));
    return sorted;
  });
}

async function makeFolder(
  rpms: Rpm[],
  manifests: Manifests,
  stamp: string,
  { mode, dir, cacheDir, source, log, signal }: ManifestOptions,
): Promise<Toolchain> {
  const inWorker = workerOf(rpms, manifests.worker, source.toolchainManifest);
  const toolchain: Toolchain = {
    schema: 'azl/toolchain',
    version: 1,
    ...{ mode, arch, rpms },
    worker: inWorker.map(({ file }) => file),
    workerDigest: workerDigest(inWorker),
  };
  const pathOf = (file: string) => join(cacheDir, folder, 'RPMS', file);
  await writeToolchainFolder(toolchain, pathOf, { dir, stamp, log, signal }).catch((error: unknown) => {
    const isTools = error instanceof ToolError;
    if (!isTools && !(error instanceof UnusableToolchainError)) throw error;
    const reason = isTools ? lastLines(error.stderr, 6) : error.message;
    const file = source.workerManifest || source.toolchainManifest;
    throw problem(`The worker cannot be installed from these RPMs: ${reason}`, { file });
  });
  return toolchain;
}
