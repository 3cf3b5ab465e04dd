import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readTreeInputs } from '../../actions/build-packages/src/inputs.ts';
import { failOnProblems } from '../../src/shared/base/problems.ts';
import { treeSources } from '../../src/shared/builder/tree-sources.ts';
import type { Toolchain } from '../../src/shared/model/toolchain.ts';
import { distributionMacros } from '../../src/shared/specs/macros/distribution.ts';
import { policyMacros } from '../../src/shared/specs/macros/policy.ts';
import { parseSpecs } from '../../src/shared/specs/parse.ts';
import { actionNamed } from './action-file.ts';
import { placeInputs, workerOf } from './paths.ts';
import { type Local, runChain } from './run-chain.ts';
import { inputGetter, inputsOf } from './variables.ts';

/**
 * `make signatures PACKAGE=x`: finds or fetches the sources of x, whatever their bytes, and writes their digests beside
 * the spec. That there is such a package was looked at before.
 */
export async function signSources(local: Local): Promise<number> {
  const { environment, places, log, stop } = local;
  const code = await runChain('signatures', local);
  if (code !== 0) return code;
  const action = actionNamed(local.actions, 'build-packages/plan');
  const inputs = readTreeInputs(inputGetter(inputsOf(action, environment, placeInputs(places))));
  const toolchain: Toolchain = JSON.parse(readFileSync(join(places.toolchain, 'toolchain.json'), 'utf8'));
  const { specs, faults } = await parseSpecs({
    specsDir: inputs.specsDir,
    worker: workerOf(places),
    overlaysDir: join(places.build, 'overlays'),
    macroFiles: [policyMacros],
    defines: distributionMacros(inputs),
    arch: toolchain.arch,
    jobs: availableParallelism(),
    log,
    signal: stop.signal,
  });
  const name = environment['PACKAGE'] ?? '';
  failOnProblems(faults.filter(({ packages }) => packages.includes(name)).map(({ problem }) => problem));
  const spec = specs.find((one) => one.package === name);
  if (spec === undefined) throw new Error(`${name} was there a moment ago`);
  const sources = await treeSources(inputs, { log, signal: stop.signal });
  const file = await sources.sign(spec);
  log.info(`Written: ${file}. Compare with what upstream publishes before you commit it.`);
  return 0;
}
