import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readJobInputs, treeInputs } from '../../actions/build-packages/src/inputs.ts';
import { failOnProblems } from '../../src/shared/base/problems.ts';
import { treeSources } from '../../src/shared/builder/tree-sources.ts';
import { readDocument } from '../../src/shared/host/json-files.ts';
import { toolchainSchema } from '../../src/shared/model/toolchain.ts';
import { distributionMacros } from '../../src/shared/specs/macros/distribution.ts';
import { policyMacros } from '../../src/shared/specs/macros/policy.ts';
import { parseSpecs } from '../../src/shared/specs/parse.ts';
import { actionNamed } from './action-file.ts';
import type { CliContext } from './context.ts';
import { pathInputs } from './distribution.ts';
import { workerDir } from './paths.ts';
import { runActions } from './run-actions.ts';
import { inputGetter, inputsOf } from './variables.ts';

/**
 * `make signatures PACKAGE=x`: finds or downloads the sources of x and writes their digests to the signatures file
 * beside the spec. The package is known to exist.
 */
export async function writeSignatures(context: CliContext): Promise<number> {
  const { environment, paths, distribution, log, stop } = context;
  const code = await runActions('signatures', context);
  if (code !== 0) return code;
  const action = actionNamed(context.actions, 'build-packages/plan');
  const inputs = readJobInputs(
    treeInputs,
    inputGetter(inputsOf(action, environment, pathInputs(paths, distribution))),
  );
  const toolchain = await readDocument(toolchainSchema, join(paths.toolchain, 'toolchain.json'));
  const { specs, errors } = await parseSpecs({
    specsDir: inputs.specsDir,
    worker: workerDir(paths),
    overlaysDir: join(paths.build, 'overlays'),
    macroFiles: [policyMacros],
    defines: distributionMacros(inputs),
    arch: toolchain.arch,
    jobs: availableParallelism(),
    log,
    signal: stop.signal,
  });
  const name = environment['PACKAGE'] ?? '';
  failOnProblems(errors.filter(({ packages }) => packages.includes(name)).map(({ problem }) => problem));
  const spec = specs.find((one) => one.package === name);
  if (spec === undefined) throw new Error(`the spec of ${name} was removed meanwhile`);
  const sources = await treeSources(inputs, { log, signal: stop.signal });
  const file = await sources.writeSignatures(spec);
  log.info(`Written: ${file}. Compare it with what upstream publishes before you commit it.`);
  return 0;
}
