import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { hostArchitecture } from '../base/architectures.ts';
import { order } from '../base/order.ts';
import { refInKey } from '../github/run.ts';
import { textDigest } from '../host/digests.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { Rpm } from '../model/rpm.ts';
import { baseRpms, type Toolchain } from '../model/toolchain.ts';
import { makeDownloader } from '../sources/download.ts';
import type { UnpackOptions } from './archive.ts';
import { type Lock, lockFile, parseLock } from './lock.ts';
import type { ListedFile } from './manifest/parse-manifest.ts';
import { type ManifestOptions, manifestLock, manifestStamp } from './manifest/prepare-from-manifest.ts';
import { parseDigests, readManifests } from './manifest/read-manifests.ts';
import { checkRpmSignatures, checksSignatures, collectKeys } from './manifest/signatures.ts';
import { withoutOutdated } from './on-demand/convert.ts';
import { onDemandStandIns } from './on-demand/stand-ins.ts';
import type { ToolchainOptions, ToolchainOrigin } from './prepare.ts';
import { stamp, standInsOf, toolchainKind } from './recipe.ts';
import { UnusableToolchainError } from './unusable.ts';

/** How the toolchains of a mode lie in GitHub's cache. */
export interface CachedKind {
  /** The lock on this machine. */
  lockPath: string;
  /** Returns the beginning of the keys of those that runs of a ref saved. */
  prefix: (ref: string) => string;
  /** Returns the checks of a toolchain that was saved with a lock of this text. @throws ProblemsError for a bad lock */
  open: (lock: string) => Promise<Pick<UnpackOptions, 'check' | 'verify' | 'stamp'>>;
}

type Where = Pick<ToolchainOptions, 'cacheDir' | 'signal'>;

/** Returns how toolchains of these options lie in the cache. @throws ProblemsError for a bad manifest */
export async function cachedKind(options: ToolchainOrigin & Where): Promise<CachedKind> {
  return options.mode === 'bootstrap' ? await ofBootstrap(options) : await ofManifest(options);
}

const prefixOf = (kind: string) => (ref: string) => `azl-toolchain-2-${kind}-${refInKey(ref)}-`;

async function ofBootstrap({ cacheDir }: Where): Promise<CachedKind> {
  return {
    lockPath: join(cacheDir, lockFile),
    prefix: prefixOf(await toolchainKind()),
    open: async (text) => {
      const lock = parseLock(text, lockFile);
      return { check: (toolchain) => checkLock(toolchain, lock), stamp: stamp(lock) };
    },
  };
}

/** Checks that a toolchain has the RPMs that a lock's packages become. @throws UnusableToolchainError */
function checkLock(toolchain: Toolchain, lock: Lock): void {
  const names = (all: readonly Pick<Rpm, 'name' | 'version' | 'release'>[]) =>
    all.map(({ name, version, release }) => `${name}-${version}-${release}`).sort(order);
  const isBase = isDeepStrictEqual(names(baseRpms(toolchain)), names(standInsOf(lock)));
  const onDemand = onDemandStandIns(lock).map(({ standIn }) => standIn);
  if (!isBase || withoutOutdated(toolchain, onDemand) !== toolchain) throw otherThanLock();
}

const otherThanLock = () => new UnusableToolchainError('it has other RPMs than its lock');

type OfManifest = Pick<ManifestOptions, 'mode' | 'source'> & Where;

async function ofManifest(options: OfManifest): Promise<CachedKind> {
  const { mode, source, cacheDir } = options;
  const arch = hostArchitecture.rpm;
  const { rpms, worker } = await readManifests(source, undefined, arch);
  // All but the digests, which are in the lock, is known here.
  const bare = rpms.map((one) => ({ ...one, sha256: one.sha256 ?? '' }));
  const kind = await manifestStamp({ rpms: bare, worker }, options);
  return {
    lockPath: manifestLock(cacheDir),
    prefix: prefixOf(textDigest(kind as string).slice(0, 16)),
    open: async (text) => {
      const digests = parseDigests(text, lockFile, arch);
      const locked = rpms.map((one) => ({ ...one, sha256: digests.get(one.file) }));
      const stamped = await manifestStamp({ rpms: locked, worker }, options);
      const isOther = rpms.some(({ file, sha256 }) => sha256 !== undefined && sha256 !== digests.get(file));
      if (stamped === undefined || isOther) throw new UnusableToolchainError('its lock is of other RPMs');
      return {
        stamp: stamped,
        check: (toolchain) => {
          const found = new Map(toolchain.rpms.map(({ file, shipDigest }) => [file, shipDigest]));
          const isWhole = locked.every(({ file, sha256 }) => found.get(file) === sha256);
          if (!isWhole || found.size !== locked.length || toolchain.mode !== mode) throw otherThanLock();
        },
        verify: async (dir) => await verifySignatures(dir, locked, options),
      };
    },
  };
}

async function verifySignatures(
  dir: string,
  rpms: readonly ListedFile[],
  options: OfManifest,
): Promise<void> {
  const { source, cacheDir, signal } = options;
  if (!checksSignatures(source)) return;
  await withTempDir(cacheDir, 'keys-', async (tempDir) => {
    const keysDir = join(tempDir, 'keys');
    await collectKeys(source.toolchainGpgValidationKeys, keysDir, makeDownloader({ signal }));
    const signed = { dir, rpms, manifest: source.toolchainManifest };
    await checkRpmSignatures(signed, { keysDir, tempDir, signal });
  });
}
