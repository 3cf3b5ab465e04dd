import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { choice, count, flag, list, readInputs, text } from '../../../src/shared/github/inputs.ts';
import { problem } from '../../../src/shared/problems.ts';

/** What every entry of this action is told. */
export interface TreeInputs {
  specsDir: string;
  packageBuildList: string[];
  configFile: string;
  configBaseDir: string;
  packageRebuildList: string[];
  toolchainDir: string;
  toolchainMode: 'auto' | 'bootstrap' | 'download' | 'archive';
  buildDir: string;
  outDir: string;
  cacheDir: string;
  sourceDirs: string[];
  sourceUrl: string;
  debianSources: string;
  distTag: string;
  distNameAbrv: string;
  releaseMajorId: string;
  runCheck: boolean;
}

export interface BuildInputs extends TreeInputs {
  concurrentPackageBuilds: number | undefined;
}

const treeTable = {
  specsDir: text,
  packageBuildList: list,
  configFile: text,
  configBaseDir: text,
  packageRebuildList: list,
  toolchainDir: text,
  toolchainMode: choice('auto', 'bootstrap', 'download', 'archive'),
  buildDir: text,
  outDir: text,
  cacheDir: text,
  sourceDirs: list,
  sourceUrl: text,
  debianSources: text,
  distTag: text,
  distNameAbrv: text,
  releaseMajorId: text,
  runCheck: flag,
};

/** The inputs of `plan` and `srpms`. @throws ProblemsError with all that is wrong with them. */
export function readTreeInputs(): TreeInputs {
  return checked(readInputs<TreeInputs>(treeTable));
}

/** The inputs of `build-packages`. @throws ProblemsError */
export function readBuildInputs(): BuildInputs {
  return checked(readInputs<BuildInputs>({ ...treeTable, concurrentPackageBuilds: count(1) }));
}

function checked<T extends TreeInputs>(given: T): T {
  // Tools are started in other folders, too, and this path is shown to nobody.
  const inputs = { ...given, cacheDir: resolve(given.cacheDir) };
  if (!existsSync(inputs.specsDir)) {
    throw problem(`Input 'specs-dir' (SPECS_DIR) is '${inputs.specsDir}', which does not exist`, {
      mend: 'Give the folder that holds <name>/<name>.spec.',
    });
  }
  const beside = join(dirname(inputs.specsDir), 'debian-sources.json');
  if (inputs.debianSources !== '' || !existsSync(beside)) return inputs;
  return { ...inputs, debianSources: beside };
}

/** Macros of the distribution that specs may name. */
export function distributionMacros(inputs: TreeInputs): Record<string, string> {
  const macros = {
    dist: inputs.distTag,
    [inputs.distNameAbrv]: inputs.releaseMajorId.split('.')[0] ?? '',
    distro_release_version: inputs.releaseMajorId,
  };
  // rpm takes no macro without a body.
  return Object.fromEntries(Object.entries(macros).filter(([name, value]) => name !== '' && value !== ''));
}
