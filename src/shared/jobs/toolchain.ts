import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import { paths } from '../builder/build-context.ts';
import type { ActionContext } from '../github/action.ts';
import { inputProblem } from '../github/inputs.ts';
import type { JobReport } from '../github/job-report.ts';
import { readJson } from '../host/json-files.ts';
import type { StoreInputs, ToolchainInputs, ToolchainSourceInputs, TreeInputs } from '../model/inputs.ts';
import { type Toolchain, toolchainSchema } from '../model/toolchain.ts';
import { checkUserIds } from '../sandbox/user-ids.ts';
import { fetchToolchain } from '../shards/transport/shared-toolchain.ts';
import { findLayout, layoutLines } from '../specs/layout.ts';
import { lockFile } from '../toolchain/lock.ts';
import { modeOf } from '../toolchain/prepare.ts';
import { obtainToolchain } from '../toolchain/toolchain-cache.ts';
import { openExchange } from './open-exchange.ts';

/** The toolchain of a job. */
export interface FoundToolchain {
  toolchain: Toolchain;
  toolchainDir: string;
  /** The lock that it was made from. Absent if it came without one. */
  lockPath: string;
}

/**
 * Finds the toolchain of a job: its run's, a folder's, an earlier run's; else makes one. Before that, the numbers of the
 * users in sandboxes are checked.
 * @throws ProblemsError
 */
export async function findToolchain(
  inputs: TreeInputs & Partial<StoreInputs>,
  { log, signal }: ActionContext,
): Promise<FoundToolchain> {
  await checkUserIds();
  const { cacheDir, onStoreError = 'fail' } = inputs;
  const toolchainDir = join(cacheDir, 'toolchain');
  if (inputs.toolchainArtifact !== '') {
    const toolchain = await log.group('Toolchain', () =>
      fetchToolchain(
        inputs.toolchainArtifact,
        toolchainDir,
        openExchange(inputs),
        paths.exchange(inputs),
        signal,
      ),
    );
    return { toolchain, toolchainDir, lockPath: join(toolchainDir, lockFile) };
  }
  if (inputs.toolchainDir !== '') {
    const toolchain = await readJson(toolchainSchema, join(inputs.toolchainDir, 'toolchain.json'));
    const isOwn = resolve(inputs.toolchainDir) === resolve(toolchainDir);
    const found = {
      toolchainDir: inputs.toolchainDir,
      lockPath: join(isOwn ? cacheDir : inputs.toolchainDir, lockFile),
    };
    if (toolchain !== undefined) return { toolchain, ...found };
    const hint = 'Give the output toolchain-dir of the toolchain action, or leave it empty.';
    throw inputProblem('toolchain-dir', inputs.toolchainDir, 'which holds no toolchain.json', hint);
  }
  const options = {
    ...{
      dir: toolchainDir,
      cacheDir,
      updateLock: false,
      onStoreError,
      jobs: availableParallelism(),
      log,
      signal,
    },
    ...sourceOf(inputs),
  };
  const { toolchain } = await log.group('Toolchain', () => obtainToolchain(options));
  return { toolchain, toolchainDir, lockPath: join(cacheDir, lockFile) };
}

function sourceOf(source: ToolchainSourceInputs) {
  const mode = modeOf(source);
  return mode === 'bootstrap' ? { mode } : { mode, source };
}

/** Prepares the toolchain folder. @throws ProblemsError for RPMs that cannot be had, or a user id that is taken */
export async function prepareToolchainFolder(
  { log, signal }: ActionContext,
  inputs: ToolchainInputs,
): Promise<JobReport> {
  await checkUserIds();
  for (const line of layoutLines(inputs, findLayout(inputs.specsDir, hostArchitecture.rpm))) log.info(line);
  const dir = inputs.toolchainDir === '' ? join(inputs.cacheDir, 'toolchain') : inputs.toolchainDir;
  const { cacheDir, updateLock, onStoreError } = inputs;
  const { toolchain, reused } = await obtainToolchain({
    ...{ dir, cacheDir, updateLock, onStoreError, jobs: availableParallelism(), log, signal },
    ...sourceOf(inputs),
  });
  const { rpms, worker, workerDigest } = toolchain;
  const line = `${rpms.length} RPMs, ${worker.length} of them in the worker (${workerDigest.slice(0, 12)})`;
  log.info(`toolchain: ${line}`);
  const outputs = { 'toolchain-dir': dir, 'worker-digest': workerDigest, 'cache-hit': reused };
  return { outputs, page: `### Toolchain: ${reused ? 'reused' : 'made'}\n\n${line}\n` };
}
