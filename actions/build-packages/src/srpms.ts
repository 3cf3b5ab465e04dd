import { runAction } from '../../../src/shared/github/action.ts';
import { writeReport } from '../../../src/shared/github/job-report.ts';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { packSrpms } from '../../../src/shared/jobs/srpms.ts';
import { readTreeInputs } from './inputs.ts';

/** The entry of `build-packages/srpms`. */
export async function srpms(): Promise<void> {
  await runAction(building, async (context) => {
    await writeReport(await packSrpms(context, readTreeInputs()));
  });
}
