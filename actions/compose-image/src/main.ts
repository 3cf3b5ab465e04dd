import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { composeJob, composing } from '../../../src/shared/jobs/compose.ts';
import { composeInputs } from './inputs.ts';

/** The entry of `compose-image`. */
export async function main(): Promise<void> {
  await runAction(composing, (context) => composeJob(context, readInputs(composeInputs)));
}
