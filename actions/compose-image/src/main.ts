import { readInputs } from '../../../src/shared/github/inputs.ts';
import { composeJob, composing } from '../../../src/shared/jobs/compose.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { composeInputs } from './inputs.ts';

/** The entry of `compose-image`. */
export async function main(): Promise<void> {
  await runJob('Image', composing, (context) => composeJob(context, readInputs(composeInputs)));
}
