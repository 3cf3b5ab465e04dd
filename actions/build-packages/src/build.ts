import { runAction } from '../../../src/shared/github/action.ts';
import { buildPackages } from '../../../src/shared/jobs/build.ts';
import { building } from '../../../src/shared/jobs/open-build-context.ts';
import { buildInputs, readJobInputs } from './inputs.ts';

/** The entry of `build-packages`. */
export async function main(): Promise<void> {
  await runAction(building, (context) => buildPackages(context, readJobInputs(buildInputs)));
}
