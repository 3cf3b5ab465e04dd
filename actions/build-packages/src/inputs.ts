import { resolve } from 'node:path';
import { packageLimits } from '../../../src/shared/builder/package-limits.ts';
import {
  amount,
  choice,
  count,
  flag,
  folder,
  type GetInput,
  type InputTable,
  list,
  onStoreError,
  paths,
  readInputs,
  retention,
  shaped,
  text,
  toolchainMode,
} from '../../../src/shared/github/inputs.ts';
import type {
  BuildInputs,
  MergeInputs,
  PlanEnd,
  PlanInputs,
  RepositoryInputs,
  SharedInputs,
  StoreInputs,
  TreeInputs,
} from '../../../src/shared/model/inputs.ts';
import { debianSourcesFile } from '../../../src/shared/sources/debian-sources.ts';

/** Characters that rpm allows in a release. */
const partOfRelease = shaped(/^[\w.+~^]*$/, 'letters, digits and the characters . _ + ~ ^ only');

/** The inputs of `plan` and `srpms`. */
export const treeInputs: InputTable<TreeInputs> = {
  specsDir: folder('Give the folder that holds <name>/<name>.spec.'),
  packageBuildList: list,
  configFile: paths,
  configBaseDir: text,
  configExtraDirs: list,
  packageRebuildList: list,
  toolchainDir: text,
  toolchainArtifact: text,
  exchangeDir: text,
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
  releaseAwarePackages: list,
  breakCycles: list,
  discoverProvides: flag,
  packageLimits,
  runCheck: flag,
  summary: flag,
};

const storeInputs: InputTable<StoreInputs> = { onStoreError, storeBudget: amount, token: text };

const repositoryInputs: InputTable<RepositoryInputs> = {
  repositoryContent: choice<'built' | 'full'>(['full', 'built']),
};

const sharedInputs: InputTable<SharedInputs> = {
  plan: text,
  timeBudget: count(1),
  heartbeatInterval: count(1),
  claimLease: count(1),
  pollInterval: count(1),
  batchDelay: count(1),
  batchSize: count(1),
};

/** The inputs of `build-packages`. */
export const buildInputs: InputTable<BuildInputs> = {
  ...treeInputs,
  ...storeInputs,
  ...sharedInputs,
  concurrentPackageBuilds: count(1),
  shard: count(1),
};

/** The inputs of `build-packages/plan`. */
export const planInputs: InputTable<PlanInputs> = {
  ...treeInputs,
  ...storeInputs,
  shareToolchain: flag,
  maxShards: count(1),
  timeBudget: count(1),
  heavyPackages: list,
  heavyMaxShards: count(1),
  heavyTimeBudget: count(1),
  ...repositoryInputs,
};

/** The end of the plan: all other inputs of `merge` are empty when it failed. */
export const planEnd: InputTable<PlanEnd> = { planResult: text, planError: text };

/** The inputs of `build-packages/merge`. */
export const mergeInputs: InputTable<MergeInputs> = {
  ...treeInputs,
  ...storeInputs,
  ...sharedInputs,
  ...planEnd,
  ...repositoryInputs,
  retentionDays: retention,
  concurrentPackageBuilds: count(1),
};

/** Reads the inputs of a job. @throws ProblemsError with all that is wrong with them */
export function readJobInputs<T extends TreeInputs>(table: InputTable<T>, get?: GetInput): T {
  const given = readInputs(table, get);
  // Tools are started in other folders, too, and this path is shown to nobody.
  return { ...given, cacheDir: resolve(given.cacheDir), debianSources: debianSourcesFile(given) };
}
