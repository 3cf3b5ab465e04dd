import { runAction } from '../../../src/shared/github/action.ts';
import { needs } from '../../../src/shared/host/needs.ts';
import { prepareToolchainFolder } from '../../../src/shared/jobs/toolchain.ts';
import { readToolchainInputs } from './inputs.ts';

/** The entry of `toolchain`. */
export async function main(): Promise<void> {
  await runAction(needs.toolchain, (context) => prepareToolchainFolder(context, readToolchainInputs()));
}
