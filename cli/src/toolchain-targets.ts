import { join } from 'node:path';
import { readToolchainInputs } from '../../actions/toolchain/src/inputs.ts';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { counted } from '../../src/shared/base/counted.ts';
import { makeCommand } from '../../src/shared/base/make-command.ts';
import { type Problem, ProblemsError } from '../../src/shared/base/problems.ts';
import { readDocument } from '../../src/shared/host/json-files.ts';
import { toolchainSchema } from '../../src/shared/model/toolchain.ts';
import { manifestProblems } from '../../src/shared/toolchain/manifest/compare-specs.ts';
import { readManifests } from '../../src/shared/toolchain/manifest/read-manifests.ts';
import { writeArchive } from '../../src/shared/toolchain/manifest/write-archive.ts';
import { validateToolchain } from '../../src/shared/toolchain/validate-toolchain.ts';
import { actionNamed } from './action-file.ts';
import type { CliContext } from './context.ts';
import { pathInputs } from './distribution.ts';
import { parseTree } from './parse-tree.ts';
import { runActions } from './run-actions.ts';
import { inputGetter, inputsOf } from './variables.ts';

/** Returns the inputs of the toolchain, and what `toolchain.json` says. */
async function openToolchain({ actions, environment, paths, distribution }: CliContext) {
  const action = actionNamed(actions, 'toolchain');
  const inputs = readToolchainInputs(
    inputGetter(inputsOf(action, environment, pathInputs(paths, distribution))),
  );
  const toolchain = await readDocument(toolchainSchema, join(paths.toolchain, 'toolchain.json'));
  return { inputs, toolchain };
}

/** `make compress-toolchain`: packs the RPMs of the toolchain in the output folder, with their manifests. */
export async function compressToolchain(context: CliContext): Promise<number> {
  const code = await runActions('compress-toolchain', context);
  if (code !== 0) return code;
  const { paths, log } = context;
  const { toolchain } = await openToolchain(context);
  const { archive, manifest, worker } = await writeArchive(paths.toolchain, toolchain, paths.out);
  log.info(`Written: ${archive}, ${manifest}, ${worker}`);
  const variables = { TOOLCHAIN_ARCHIVE: archive, TOOLCHAIN_MANIFEST: manifest, WORKER_MANIFEST: worker };
  log.info(`The toolchain of it: ${makeCommand('toolchain', variables)}`);
  return 0;
}

/** `make validate-toolchain`: reports everything that is wrong with the toolchain. @returns 1 if anything is */
export async function checkToolchain(context: CliContext): Promise<number> {
  const code = await runActions('validate-toolchain', context);
  if (code !== 0) return code;
  const { paths, log, stop } = context;
  const { inputs, toolchain } = await openToolchain(context);
  const options = { tempDir: paths.build, signal: stop.signal };
  const problems = await validateToolchain(paths.toolchain, toolchain, inputs, options);
  const sound = `${counted(toolchain.rpms.length, 'RPM')}: nothing is missing, damaged or unsigned.`;
  return report(problems, sound, log);
}

/** `make check-manifests`: compares the manifest of the toolchain with the specs. @returns 1 if they do not agree */
export async function checkManifests(context: CliContext): Promise<number> {
  const code = await runActions('check-manifests', context);
  if (code !== 0) return code;
  const { inputs } = await openToolchain(context);
  const { log } = context;
  try {
    const { rpms } = await readManifests(inputs, undefined, hostArchitecture.rpm);
    const { specs, errors } = await parseTree(context);
    const problems = manifestProblems(rpms, inputs.toolchainManifest, specs);
    const failed = errors.map(({ problem }) => problem);
    return report([...failed, ...problems], `${counted(rpms.length, 'RPM')}: the specs make each.`, log);
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return report(error.problems, '', log);
  }
}

function report(problems: readonly Problem[], sound: string, log: CliContext['log']): number {
  for (const problem of problems) log.error(problem);
  if (problems.length === 0) log.info(sound);
  return problems.length === 0 ? 0 : 1;
}
