import { needs } from '../../../src/shared/host/needs.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { prepareToolchainFolder } from '../../../src/shared/jobs/toolchain.ts';
import { readToolchainInputs } from './inputs.ts';

/** The entry of `toolchain`. */
export async function main(): Promise<void> {
  await runJob('Toolchain', needs.toolchain, (context) =>
    prepareToolchainFolder(context, readToolchainInputs()),
  );
}
