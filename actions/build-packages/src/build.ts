import { buildPackages } from '../../../src/shared/jobs/build.ts';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { runJob } from '../../../src/shared/jobs/run-job.ts';
import { buildInputs, readJobInputs } from './inputs.ts';

/** The entry of `build-packages`. */
export async function main(): Promise<void> {
  await runJob('Packages', building, (context) => buildPackages(context, readJobInputs(buildInputs)));
}
