import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { failedPlan } from '../../../src/shared/jobs/failed-plan.ts';
import { mergeRun } from '../../../src/shared/jobs/merge/merge.ts';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { mergeInputs, planEnd, readJobInputs } from './inputs.ts';

/** The entry of `build-packages/merge`. After a plan that failed it only repeats why. */
export async function merge(): Promise<void> {
  const failed = failedPlan(readInputs(planEnd));
  if (failed !== undefined) return await runAction([], async () => failed);
  await runJob('Merge', building, (context) => mergeRun(context, readJobInputs(mergeInputs)));
}
