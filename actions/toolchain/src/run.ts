import { join } from 'node:path';
import { choice } from '../../../src/shared/github/inputs.ts';
import type { Log } from '../../../src/shared/log.ts';
import { prepareToolchain } from '../../../src/shared/toolchain/prepare.ts';
import type { Toolchain } from '../../../src/shared/toolchain/toolchain.ts';

/** What `toolchain-mode` may say. */
export const modes = choice('auto', 'bootstrap', 'download', 'archive');

/** Inputs of the action; folders are absolute. */
export interface Inputs {
  toolchainMode: Toolchain['mode'] | 'auto';
  toolchainManifest: string;
  toolchainArchive: string;
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  cacheDir: string;
  update: boolean;
}

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

/** Prepares the toolchain folder. @throws ProblemsError for a mode that is not supported yet. */
export async function run(
  inputs: Inputs,
  deps: Deps,
): Promise<{ toolchainDir: string; workerDigest: string }> {
  const toolchainDir = inputs.toolchainDir === '' ? join(inputs.cacheDir, 'toolchain') : inputs.toolchainDir;
  const toolchain = await prepareToolchain({
    mode: modeOf(inputs),
    dir: toolchainDir,
    cacheDir: inputs.cacheDir,
    update: inputs.update,
    jobs: deps.jobs,
    log: deps.log,
    signal: deps.signal,
  });
  const { rpms, worker, workerDigest } = toolchain;
  deps.log.info(
    `toolchain: ${rpms.length} RPMs, ${worker.length} of them in the worker (${workerDigest.slice(0, 12)})`,
  );
  return { toolchainDir, workerDigest };
}
