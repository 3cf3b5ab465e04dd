import { runAction } from '../../../src/shared/github/action.ts';
import { writeReport } from '../../../src/shared/github/job-report.ts';
import { buildPackages } from '../../../src/shared/jobs/build.ts';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { readBuildInputs } from './inputs.ts';

/** The entry of `build-packages`. */
export async function main(): Promise<void> {
  await runAction(building, async (context) => {
    await writeReport(await buildPackages(context, readBuildInputs()));
  });
}
