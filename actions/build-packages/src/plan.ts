import * as core from '@actions/core';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { planRun } from '../../../src/shared/jobs/plan.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { planInputs, readJobInputs } from './inputs.ts';

/** Maximum length of the output `error`, in characters: all outputs of a job share 1 MB. */
const longestMessage = 20_000;

/** The entry of `build-packages/plan`. Why it failed is an output, too: merge, which ends the run, repeats it. */
export async function plan(): Promise<void> {
  await runJob(
    'Plan',
    building,
    (context) => planRun(context, readJobInputs(planInputs)),
    (message) => core.setOutput('error', message.slice(0, longestMessage)),
  );
}
