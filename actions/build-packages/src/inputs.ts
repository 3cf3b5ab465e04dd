import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
  readInputs,
  retention,
  shaped,
  text,
  toolchainMode,
} from '../../../src/shared/github/inputs.ts';
import { defaultTerms, type Terms } from '../../../src/shared/shards/scheduler/settings.ts';

/** What every entry of this action is told. */
export interface TreeInputs {
  specsDir: string;
  toolchain: string;
  exchangeDir: string;
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

/** What entries that reuse results of other runs are told besides. */
export interface StoreInputs {
  onStoreError: 'fail' | 'build';
  /** Gigabytes. */
  storeBudget: number | undefined;
  token: string;
}

/** What the jobs that plan and end a run are told of what it publishes. */
export interface RepositoryInputs {
  /** Which packages the repository holds: those that this run built, or all. */
  repository: 'built' | 'full';
}

/** What the jobs of a run that share its packages are told besides. */
export interface SharedInputs {
  plan: string;
  timeBudget: number | undefined;
  signInterval: number | undefined;
  claimLease: number | undefined;
  pollInterval: number | undefined;
  batchTime: number | undefined;
  batchSize: number | undefined;
}

export interface BuildInputs extends TreeInputs, StoreInputs, SharedInputs {
  concurrentPackageBuilds: number | undefined;
  shard: number | undefined;
}

export interface PlanInputs extends TreeInputs, StoreInputs, RepositoryInputs {
  shareToolchain: boolean;
  maxShards: number | undefined;
  timeBudget: number | undefined;
  heavyPackages: string[];
  heavyMaxShards: number | undefined;
  heavyTimeBudget: number | undefined;
}

export interface MergeInputs extends TreeInputs, StoreInputs, SharedInputs, RepositoryInputs, PlanEnd {
  concurrentPackageBuilds: number | undefined;
  /** Days, of the artifacts with RPMs and SRPMs. */
  retentionDays: number | undefined;
}

/** How the job that plans ended, as the workflow tells it. */
export interface PlanEnd {
  planResult: string;
  planMessage: string;
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
  toolchain: text,
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
  runCheck: flag,
};

const storeInputs: InputTable<StoreInputs> = {
  onStoreError,
  storeBudget: amount,
  token: text,
};

const repositoryInputs: InputTable<RepositoryInputs> = {
  repository: choice<'built' | 'full'>(['full', 'built']),
};

const sharedInputs: InputTable<SharedInputs> = {
  plan: text,
  timeBudget: count(1),
  signInterval: count(1),
  claimLease: count(1),
  pollInterval: count(1),
  batchTime: count(1),
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

const planEnd: InputTable<PlanEnd> = { planResult: text, planMessage: text };

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

/** Reads the inputs of `plan` and `srpms`. @throws ProblemsError with all that is wrong with them. */
export function readTreeInputs(get?: GetInput): TreeInputs {
  return settled(readInputs(treeInputs, get));
}

/** Reads the inputs of `plan`. @throws ProblemsError */
export function readPlanInputs(get?: GetInput): PlanInputs {
  return settled(readInputs(planInputs, get));
}

/** Reads the inputs of `merge`. @throws ProblemsError */
export function readMergeInputs(get?: GetInput): MergeInputs {
  return settled(readInputs(mergeInputs, get));
}

/** Reads how the plan ended: all other inputs of `merge` are empty when it failed. */
export function readPlanEnd(get?: GetInput): PlanEnd {
  return readInputs(planEnd, get);
}

/** Seconds that a shard has. */
export function timeBudgetOf({ timeBudget }: Pick<SharedInputs, 'timeBudget'>): number {
  return timeBudget === undefined ? defaultTerms.timeBudget : timeBudget * 60;
}

/** Seconds that a shard for heavy packages has. */
export function heavyTimeBudgetOf({
  heavyTimeBudget,
  timeBudget,
}: Pick<PlanInputs, 'heavyTimeBudget' | 'timeBudget'>): number {
  return timeBudgetOf({ timeBudget: heavyTimeBudget ?? timeBudget });
}

/** What shards go by: what was given, else the defaults. */
export function termsOf(inputs: SharedInputs, slots: number): Terms {
  const given = {
    timeBudget: timeBudgetOf(inputs),
    signInterval: inputs.signInterval,
    lease: inputs.claimLease,
    pollInterval: inputs.pollInterval,
    batchTime: inputs.batchTime,
    batchBytes: inputs.batchSize === undefined ? undefined : inputs.batchSize * 1e6,
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaultTerms, slots, ...Object.fromEntries(set) };
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
