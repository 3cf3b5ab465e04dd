import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readJobInputs, treeInputs } from '../../actions/build-packages/src/inputs.ts';
import { readDocument } from '../../src/shared/host/json-files.ts';
import { toolchainSchema } from '../../src/shared/model/toolchain.ts';
import { distributionMacros } from '../../src/shared/specs/macros/distribution.ts';
import { policyMacros } from '../../src/shared/specs/macros/policy.ts';
import { parseSpecs } from '../../src/shared/specs/parse.ts';
import { actionNamed } from './action-file.ts';
import type { CliContext } from './context.ts';
import { pathInputs } from './distribution.ts';
import { workerDir } from './paths.ts';
import { inputGetter, inputsOf } from './variables.ts';

/** Parses the specs with the toolchain that is there. Returns them, and the inputs of a plan. */
export async function parseTree({ actions, environment, paths, distribution, log, stop }: CliContext) {
  const action = actionNamed(actions, 'build-packages/plan');
  const given = inputsOf(action, environment, pathInputs(paths, distribution));
  const inputs = readJobInputs(treeInputs, inputGetter(given));
  const toolchain = await readDocument(toolchainSchema, join(paths.toolchain, 'toolchain.json'));
  const tree = await parseSpecs({
    specsDirs: inputs.specsDir,
    worker: workerDir(paths),
    overlaysDir: join(paths.build, 'overlays'),
    macroFiles: [policyMacros],
    defines: distributionMacros(inputs),
    arch: toolchain.arch,
    jobs: availableParallelism(),
    log,
    signal: stop.signal,
  });
  return { ...tree, inputs };
}
