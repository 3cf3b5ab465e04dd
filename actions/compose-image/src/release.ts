import * as core from '@actions/core';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { releaseJob } from '../../../src/shared/jobs/release.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { releaseInputs } from './inputs.ts';

/** The entry of `compose-image/release`. */
export async function release(): Promise<void> {
  await runJob('Release', [], async (context) => {
    const inputs = readInputs(releaseInputs);
    core.setSecret(inputs.token);
    return await releaseJob(context, inputs);
  });
}
