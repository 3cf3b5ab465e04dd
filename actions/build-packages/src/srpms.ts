import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { packSrpms } from '../../../src/shared/jobs/srpms.ts';
import { readJobInputs, treeInputs } from './inputs.ts';

/** The entry of `build-packages/srpms`. */
export async function srpms(): Promise<void> {
  await runJob('SRPMs', building, (context) => packSrpms(context, readJobInputs(treeInputs)));
}
