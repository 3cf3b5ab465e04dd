import { resolve } from 'node:path';
import { hostArchitecture } from '../../../src/shared/base/architectures.ts';
import { packageLimits } from '../../../src/shared/builder/package-limits.ts';
import {
  amount,
  choice,
  choices,
  count,
  flag,
  folders,
  type GetInput,
  type InputTable,
  list,
  onStoreError,
  paths,
  readInputs,
  retention,
  shaped,
  text,
  toolchainSource,
} from '../../../src/shared/github/inputs.ts';
import type { PolicyName } from '../../../src/shared/model/build-policy.ts';
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
import { findLayout, withLayout } from '../../../src/shared/specs/layout.ts';
import { targets } from '../../../src/shared/toolchain/target.ts';

/** Characters that rpm allows in a release. */
const partOfRelease = shaped(/^[\w.+~^]*$/, 'letters, digits and the characters . _ + ~ ^ only');

/** The inputs of `plan` and `srpms`. */
export const treeInputs: InputTable<TreeInputs> = {
  specsDir: folders('Give the folder that holds <name>/<name>.spec.'),
  macroPackages: text,
  packageBuildList: list,
  configFile: paths,
  configBaseDir: text,
  configExtraDirs: list,
  packageRebuildList: list,
  toolchainDir: text,
  toolchainArtifact: text,
  exchangeDir: text,
  ...toolchainSource,
  buildDir: text,
  outDir: text,
  cacheDir: text,
  sourceDirs: list,
  sourceUrl: shaped(/^$|^https?:\/\/[^\s/]/i, 'an http or https address'),
  debianSources: text,
  distTag: partOfRelease,
  distNameAbrv: shaped(/^[A-Za-z_]\w{2,}$/, 'the name of a macro, three letters or more'),
  releaseMajorId: partOfRelease,
  policies: choices<PolicyName>(['auto', 'remove-libtool-archives', 'spec-version-macros']),
  buildAsRootPackages: list,
  releaseAwarePackages: list,
  breakCycles: list,
  discoverProvides: flag,
  strictSpecs: flag,
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
  rebuildToolchain: flag,
  shard: count(1),
};

/** The inputs of `build-packages/plan`. */
export const planInputs: InputTable<PlanInputs> = {
  ...treeInputs,
  ...storeInputs,
  targetArch: choice(['', ...targets]),
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
  const read = readInputs(table, get);
  const given = withLayout(read, findLayout(read.specsDir, hostArchitecture.rpm));
  // Tools are started in other folders, too, and this path is shown to nobody.
  return { ...given, cacheDir: resolve(given.cacheDir), debianSources: debianSourcesFile(given) };
}
