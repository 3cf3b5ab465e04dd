import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import * as core from '@actions/core';
import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { needs } from '../../../src/shared/host/needs.ts';
import { toolchainInputs } from './inputs.ts';
import { run } from './run.ts';

/** The entry of the action: reads its inputs, does the work, reports. */
export async function main(): Promise<void> {
  await runAction(needs.toolchain, async ({ log, signal }) => {
    const inputs = readInputs(toolchainInputs);
    const made = await run(
      {
        ...inputs,
        toolchainDir: inputs.toolchainDir === '' ? '' : resolve(inputs.toolchainDir),
        cacheDir: resolve(inputs.cacheDir),
      },
      { log, signal, jobs: availableParallelism() },
    );
    core.setOutput('toolchain-dir', made.toolchainDir);
    core.setOutput('worker-digest', made.workerDigest);
  });
}
