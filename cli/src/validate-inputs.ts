import { buildInputs, mergeInputs, planInputs, treeInputs } from '../../actions/build-packages/src/inputs.ts';
import { composeInputs, releaseInputs } from '../../actions/compose-image/src/inputs.ts';
import { toolchainInputs } from '../../actions/toolchain/src/inputs.ts';
import { hostArchitecture } from '../../src/shared/base/architectures.ts';
import { recordingLog } from '../../src/shared/base/log.ts';
import { nearestHint } from '../../src/shared/base/nearest-name.ts';
import { formatProblem, type Problem, ProblemsError } from '../../src/shared/base/problems.ts';
import { paths as configPaths, type InputTable, tryInputs } from '../../src/shared/github/inputs.ts';
import { readImageConfigs } from '../../src/shared/image/config/read.ts';
import type {
  BuildInputs,
  ComposeInputs,
  ReleaseInputs,
  ToolchainInputs,
} from '../../src/shared/model/inputs.ts';
import { readRepoFiles } from '../../src/shared/repositories/repo-file.ts';
import { debianSourcesFile, readDebianSources } from '../../src/shared/sources/debian-sources.ts';
import { readSignatures } from '../../src/shared/sources/signatures.ts';
import { findSpecs, type SpecFile } from '../../src/shared/specs/find.ts';
import { actionNamed } from './action-file.ts';
import type { CliContext } from './context.ts';
import { configProblems, pathInputs } from './distribution.ts';
import { type TargetName, targets } from './targets.ts';
import { inputGetter, inputsOf, namedPackages } from './variables.ts';

type Values = Partial<
  Omit<BuildInputs & ComposeInputs & ReleaseInputs & ToolchainInputs, 'configFile'> & {
    configFile: string | string[];
  }
>;

/** The tables of inputs, by the action's name. */
export const inputTables: Readonly<Record<string, InputTable<Values>>> = {
  toolchain: toolchainInputs,
  'build-packages': buildInputs,
  'build-packages/merge': mergeInputs,
  'build-packages/plan': planInputs,
  'build-packages/srpms': treeInputs,
  'compose-image': composeInputs,
  'compose-image/release': releaseInputs,
};

/**
 * Checks what the user gave a target, as far as that takes no time: the values of variables, the folder of specs and
 * its signatures, the image config and the files that it names.
 * @returns each problem once
 */
export async function inputProblems(
  target: TargetName,
  {
    actions,
    environment,
    paths,
    distribution,
  }: Pick<CliContext, 'actions' | 'environment' | 'paths' | 'distribution'>,
): Promise<Problem[]> {
  const writesSignatures = target === 'signatures';
  const problems: Problem[] = configProblems(target, distribution);
  const lacksConfig = problems.length > 0;
  for (const name of [...targets[target].actions, ...(writesSignatures ? ['build-packages/plan'] : [])]) {
    const inputs = inputsOf(actionNamed(actions, name), environment, pathInputs(paths, distribution));
    const own = inputTables[name] ?? {};
    // That there is no config was said above.
    const table: InputTable<Values> = lacksConfig ? { ...own, configFile: configPaths } : own;
    const read = tryInputs(table, inputGetter(inputs));
    const { values } = read;
    problems.push(...read.problems);
    // The toolchain needs no specs.
    if (values.specsDir !== undefined && values.packageBuildList !== undefined) {
      const found = await findSpecs(values.specsDir);
      const list = values.packageBuildList ?? [];
      // With a list, an error in another spec stops the run only if the list needs that spec.
      const relevant = found.errors.filter(
        ({ packages }) =>
          list.length === 0 || packages.length === 0 || packages.some((one) => list.includes(one)),
      );
      problems.push(...relevant.map(({ problem }) => problem), ...(await debianProblems(values)));
      if (writesSignatures)
        problems.push(...packageProblems(namedPackages(environment), values.specsDir, found.files));
      else problems.push(...(await signatureProblems(values, found.files)));
    }
    const { repoList = [], releaseMajorId: releasever = '' } = values;
    const { configFile = [], configBaseDir = '', configExtraDirs = [] } = values;
    const variables = { releasever, arch: hostArchitecture.rpm };
    problems.push(...(await problemsIn(() => readRepoFiles(repoList, variables))));
    // Warnings of the config are left to the action, so that they appear once.
    const config = { configBaseDir, configExtraDirs, log: recordingLog() };
    problems.push(...(await problemsIn(() => readImageConfigs([configFile].flat(), config))));
  }
  return [...new Map(problems.map((one) => [formatProblem(one), one])).values()];
}

/** Checks the signatures of all packages, or of those in the list: what these need is not known yet. */
async function signatureProblems(values: Values, files: readonly SpecFile[]): Promise<Problem[]> {
  const { packageBuildList: list = [] } = values;
  const problems: Problem[] = [];
  for (const file of files.filter((one) => list.length === 0 || list.includes(one.package)))
    problems.push(...(await problemsIn(() => readSignatures(file))));
  return problems;
}

async function debianProblems({ specsDir = [], debianSources = '' }: Values): Promise<Problem[]> {
  const file = debianSourcesFile({ specsDir, debianSources });
  return file === '' ? [] : await problemsIn(() => readDebianSources(file));
}

/** Returns a problem for each of the packages that has no spec. */
function packageProblems(
  packages: readonly string[],
  specsDirs: readonly string[],
  files: readonly SpecFile[],
): Problem[] {
  const names = files.map((file) => file.package);
  const rule = 'The name of a package is the name of its spec without .spec.';
  return packages
    .filter((name) => !names.includes(name))
    .map((name) => ({
      message: `There is no package '${name}' in ${specsDirs.join(', ')}`,
      hint: nearestHint(name, names) ?? rule,
    }));
}

async function problemsIn(read: () => Promise<unknown>): Promise<Problem[]> {
  try {
    await read();
    return [];
  } catch (error) {
    if (error instanceof ProblemsError) return [...error.problems];
    throw error;
  }
}
