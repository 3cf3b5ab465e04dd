import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { distributionMacros, readTreeInputs } from '../../actions/build-packages/src/inputs.ts';
import { treeSources } from '../../actions/build-packages/src/source-digests.ts';
import { policyMacros } from '../../src/shared/buildroot/recipe.ts';
import { nearest } from '../../src/shared/nearest.ts';
import { failOnProblems, problem } from '../../src/shared/problems.ts';
import { parseSpecs } from '../../src/shared/spec/parse.ts';
import type { Toolchain } from '../../src/shared/toolchain/toolchain.ts';
import { placeInputs } from './places.ts';
import { type Local, runChain } from './run-chain.ts';
import { inputVariable } from './runner.ts';
import { chains } from './targets.ts';
import { inputsOf } from './variables.ts';

/**
 * `make signatures PACKAGE=x`: finds or fetches the sources of x, whatever their bytes, and writes their digests beside
 * the spec.
 */
export async function signSources(local: Local): Promise<number> {
  const { environment, places, log, stop } = local;
  const name = environment['PACKAGE'] ?? '';
  if (name === '') {
    throw problem('PACKAGE is not set', { mend: 'Say of which package: make signatures PACKAGE=bash' });
  }
  const code = await runChain('signatures', { ...chains.toolchain, reads: ['SPECS_DIR'] }, local);
  if (code !== 0) return code;
  const action = local.actions.find((one) => one.name === 'build-packages');
  if (action === undefined) throw new Error('actions/build-packages/action.yml is not there');
  const values = inputsOf(action, environment, placeInputs(places));
  for (const [input, value] of Object.entries(values)) process.env[inputVariable(input)] = value;
  const inputs = readTreeInputs();
  const toolchain: Toolchain = JSON.parse(readFileSync(join(places.toolchain, 'toolchain.json'), 'utf8'));
  const { specs, faults } = await parseSpecs({
    specsDir: inputs.specsDir,
    worker: join(places.toolchain, 'worker'),
    layersDir: join(places.build, 'layers'),
    macroFiles: [policyMacros],
    defines: distributionMacros(inputs),
    arch: toolchain.arch,
    jobs: availableParallelism(),
    log,
    signal: stop.signal,
  });
  const spec = specs.find((one) => one.package === name);
  failOnProblems(faults.filter(({ packages }) => packages.includes(name)).map(({ problem }) => problem));
  if (spec === undefined) {
    const near = nearest(
      name,
      specs.map((one) => one.package),
    );
    throw problem(`There is no package '${name}' in ${inputs.specsDir}`, {
      mend: near === undefined ? 'A package is named as its spec, without .spec.' : `Did you mean '${near}'?`,
    });
  }
  const sources = await treeSources(inputs, { log, signal: stop.signal });
  const file = await sources.sign(spec);
  log.info(`Written: ${file}. Compare with what upstream publishes before you commit it.`);
  return 0;
}
