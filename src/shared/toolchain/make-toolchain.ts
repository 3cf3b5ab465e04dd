import { join } from 'node:path';
import { counted } from '../base/counted.ts';
import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { builtinPackages } from './convert/builtin-packages.ts';
import { convertSet } from './convert/convert-set.ts';
import { withRequirements } from './convert/requirements.ts';
import { rpmName } from './convert/rpm-names.ts';
import { workerPackages } from './debian/requested-packages.ts';
import type { Lock } from './lock.ts';
import { stamp, standInsOf } from './recipe.ts';
import { workerDigest } from './worker.ts';
import { writeToolchainFolder } from './write-folder.ts';

export interface MakeOptions {
  /** The toolchain folder. */
  dir: string;
  /** Holds the lock, downloads and converted packages. */
  cacheDir: string;
  /** Packages converted at once. */
  jobs: number;
  log: Log;
  signal?: AbortSignal | undefined;
}

/**
 * Makes the toolchain folder of a lock, in place of the one that is there: RPMs, worker, `toolchain.json`.
 * @param debsDir holds the packages of the lock
 */
export async function makeToolchain(lock: Lock, debsDir: string, options: MakeOptions): Promise<Toolchain> {
  const { dir, cacheDir, jobs, log, signal } = options;
  const standIns = standInsOf(lock);
  log.info(
    `Converting ${counted(lock.packages.length, 'package')} of ${lock.suite} to ${counted(standIns.length, 'RPM')}`,
  );
  const conversion = { cacheDir: join(cacheDir, 'stand-ins'), debsDir, arch: lock.arch, jobs, log, signal };
  const converted = await convertSet(standIns, conversion);
  const rpms = converted.map(({ rpm }) => rpm).sort((a, b) => order(a.file, b.file));
  const inWorker = withRequirements(rpms, [
    ...builtinPackages.map(({ name }) => name),
    ...workerPackages.flat().map(rpmName),
  ]);
  const toolchain: Toolchain = {
    schema: 'azl/toolchain',
    version: 1,
    mode: 'bootstrap',
    arch: lock.arch,
    rpms,
    worker: inWorker.map(({ file }) => file),
    workerDigest: workerDigest(inWorker),
  };
  const paths = new Map(converted.map(({ rpm, path }) => [rpm.file, path]));
  await writeToolchainFolder(toolchain, (file) => paths.get(file) as string, {
    dir,
    stamp: stamp(lock),
    log,
    signal,
  });
  return toolchain;
}
