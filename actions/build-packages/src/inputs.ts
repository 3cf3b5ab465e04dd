import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  count,
  flag,
  folder,
  type GetInput,
  type InputTable,
  list,
  readInputs,
  shaped,
  text,
  toolchainMode,
} from '../../../src/shared/github/inputs.ts';

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

/** What rpm takes in a release. */
const partOfRelease = shaped(/^[\w.+~^]*$/, 'letters, digits and the characters . _ + ~ ^ only');

/** The inputs of `plan` and `srpms`. */
export const treeInputs: InputTable<TreeInputs> = {
  specsDir: folder('Give the folder that holds <name>/<name>.spec.'),
  packageBuildList: list,
  configFile: text,
  configBaseDir: text,
  packageRebuildList: list,
  toolchainDir: text,
  toolchainMode,
  buildDir: text,
  outDir: text,
  cacheDir: text,
  sourceDirs: list,
  sourceUrl: shaped(/^$|^https?:\/\/[^\s/]/i, 'an http or https address'),
  debianSources: text,
  distTag: partOfRelease,
  distNameAbrv: shaped(/^[A-Za-z_]\w{2,}$/, 'the name of a macro, three letters or more'),
  releaseMajorId: partOfRelease,
  runCheck: flag,
};

/** The inputs of `build-packages`. */
export const buildInputs: InputTable<BuildInputs> = {
  ...treeInputs,
  concurrentPackageBuilds: count(1),
};

/** Reads the inputs of `plan` and `srpms`. @throws ProblemsError with all that is wrong with them. */
export function readTreeInputs(get?: GetInput): TreeInputs {
  return settled(readInputs(treeInputs, get));
}

/** Reads the inputs of `build-packages`. @throws ProblemsError */
export function readBuildInputs(get?: GetInput): BuildInputs {
  return settled(readInputs(buildInputs, get));
}

function settled<T extends TreeInputs>(given: T): T {
  // Tools are started in other folders, too, and this path is shown to nobody.
  return { ...given, cacheDir: resolve(given.cacheDir), debianSources: debianSourcesFile(given) };
}

/** The file that names the Debian source package of each source: empty when there is none. */
export function debianSourcesFile(inputs: Pick<TreeInputs, 'specsDir' | 'debianSources'>): string {
  const beside = join(dirname(inputs.specsDir), 'debian-sources.json');
  return inputs.debianSources === '' && existsSync(beside) ? beside : inputs.debianSources;
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
