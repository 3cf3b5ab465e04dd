import * as core from '@actions/core';
import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { releaseJob } from '../../../src/shared/jobs/release.ts';
import { releaseInputs } from './inputs.ts';

/** The entry of `compose-image/release`. */
export async function release(): Promise<void> {
  await runAction([], async (context) => {
    const inputs = readInputs(releaseInputs);
    core.setSecret(inputs.token);
    return await releaseJob(context, inputs);
  });
}
