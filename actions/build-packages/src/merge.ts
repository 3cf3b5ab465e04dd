import { runAction } from '../../../src/shared/github/action.ts';
import { writeReport } from '../../../src/shared/github/job-report.ts';
import { failedPlan } from '../../../src/shared/jobs/failed-plan.ts';
import { mergeRun } from '../../../src/shared/jobs/merge/merge.ts';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { readMergeInputs, readPlanEnd } from './inputs.ts';

/** The entry of `build-packages/merge`. After a plan that failed it only repeats why. */
export async function merge(): Promise<void> {
  const failed = failedPlan(readPlanEnd());
  if (failed !== undefined) return await runAction([], () => writeReport(failed));
  await runAction(building, async (context) => {
    await writeReport(await mergeRun(context, readMergeInputs()));
  });
}
