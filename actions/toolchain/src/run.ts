import { join } from 'node:path';
import type { Log } from '../../../src/shared/base/log.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import { obtainToolchain } from '../../../src/shared/toolchain/obtain.ts';
import type { Inputs } from './inputs.ts';

export interface Deps {
  log: Log;
  signal: AbortSignal;
  /** Packages converted at once. */
  jobs: number;
}

/** The mode that the inputs ask for: with `auto` a manifest means download, an archive means archive. Pure. */
export function modeOf(
  inputs: Pick<Inputs, 'toolchainMode' | 'toolchainManifest' | 'toolchainArchive'>,
): Toolchain['mode'] {
  if (inputs.toolchainMode !== 'auto') return inputs.toolchainMode;
  if (inputs.toolchainManifest !== '') return 'download';
  return inputs.toolchainArchive === '' ? 'bootstrap' : 'archive';
}

/** Prepares the toolchain folder; the inputs' folders are absolute. @throws ProblemsError for a mode that is not supported yet. */
export async function run(
  inputs: Inputs,
  deps: Deps,
): Promise<{ toolchainDir: string; workerDigest: string }> {
  const toolchainDir = inputs.toolchainDir === '' ? join(inputs.cacheDir, 'toolchain') : inputs.toolchainDir;
  const toolchain = await obtainToolchain({
    mode: modeOf(inputs),
    dir: toolchainDir,
    cacheDir: inputs.cacheDir,
    update: inputs.updateLock,
    jobs: deps.jobs,
    onTrouble: inputs.onStoreError,
    log: deps.log,
    signal: deps.signal,
  });
  const { rpms, worker, workerDigest } = toolchain;
  deps.log.info(
    `toolchain: ${rpms.length} RPMs, ${worker.length} of them in the worker (${workerDigest.slice(0, 12)})`,
  );
  return { toolchainDir, workerDigest };
}
