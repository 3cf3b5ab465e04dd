import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ActionContext } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import type { ToolchainInputs } from '../model/inputs.ts';
import { modeOf } from '../toolchain/prepare.ts';
import { obtainToolchain } from '../toolchain/toolchain-cache.ts';

/** Prepares the toolchain folder. @throws ProblemsError for a mode that is not supported yet */
export async function prepareToolchainFolder(
  { log, signal }: ActionContext,
  inputs: ToolchainInputs,
): Promise<JobReport> {
  const dir = inputs.toolchainDir === '' ? join(inputs.cacheDir, 'toolchain') : inputs.toolchainDir;
  const { cacheDir, updateLock, onStoreError } = inputs;
  const { rpms, worker, workerDigest } = await obtainToolchain({
    ...{ mode: modeOf(inputs), dir, cacheDir, updateLock, onStoreError },
    ...{ jobs: availableParallelism(), log, signal },
  });
  log.info(
    `toolchain: ${rpms.length} RPMs, ${worker.length} of them in the worker (${workerDigest.slice(0, 12)})`,
  );
  return { outputs: { 'toolchain-dir': dir, 'worker-digest': workerDigest }, page: '' };
}
