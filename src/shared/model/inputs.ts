import type { PolicyName } from './build-policy.ts';
import type { PackageLimits } from './limits.ts';

/** The input of every action. */
export interface PageInputs {
  /** True if the job writes a summary page. */
  summary: boolean;
}

/** Inputs that say where the toolchain's RPMs come from, of every job that may have to make it. */
export interface ToolchainSourceInputs {
  toolchainMode: 'auto' | 'bootstrap' | 'download' | 'archive';
  /** The file that lists the RPMs. Empty: none is given, and none found in an Azure Linux tree. */
  toolchainManifest: string;
  /** The file that lists the RPMs of the worker. Empty: the worker holds what builds need. */
  workerManifest: string;
  /** A tar archive of the RPMs. Empty: none is given. */
  toolchainArchive: string;
  /** Addresses of folders with RPMs, or of repositories; an earlier one has priority. */
  packageUrlList: string[];
  /** True if each RPM must be signed. Undefined: if keys are given. */
  validateToolchainGpg: boolean | undefined;
  /** Paths, or http and https addresses, of public keys. */
  toolchainGpgValidationKeys: string[];
}

/** The inputs of all jobs of build-packages. */
export interface TreeInputs extends PageInputs, ToolchainSourceInputs {
  /** Of two specs of one name, that in the earlier folder counts. */
  specsDir: string[];
  /** The file that lists the packages whose macros every spec may use. Empty: there are none. */
  macroPackages: string;
  toolchainArtifact: string;
  exchangeDir: string;
  packageBuildList: string[];
  /** Image configs. */
  configFile: string[];
  configBaseDir: string;
  /** Folders, besides the base, in which files that the config names may lie. */
  configExtraDirs: string[];
  packageRebuildList: string[];
  toolchainDir: string;
  buildDir: string;
  outDir: string;
  cacheDir: string;
  sourceDirs: string[];
  sourceUrl: string;
  debianSources: string;
  distTag: string;
  distNameAbrv: string;
  releaseMajorId: string;
  policies: PolicyName[];
  /** Packages whose builds run as root of their sandboxes. `auto` is a preset. */
  buildAsRootPackages: string[];
  /** Packages whose builds see the true rpm database of their roots. */
  releaseAwarePackages: string[];
  /** Packages that their own needs take from the toolchain. */
  breakCycles: string[];
  /** True if packages are built to find out who provides what nothing points to. */
  discoverProvides: boolean;
  /** True if an error of any package of a whole tree ends the run before anything is built. */
  strictSpecs: boolean;
  packageLimits: PackageLimits;
  runCheck: boolean;
}

/** Further inputs of jobs that reuse results of other runs. */
export interface StoreInputs {
  onStoreError: 'fail' | 'build';
  /** Gigabytes. */
  storeBudget: number | undefined;
  token: string;
}

/** Further inputs of the jobs that plan and end a run, about its repository. */
export interface RepositoryInputs {
  /** The packages that the repository holds: those that this run built, or all. */
  repositoryContent: 'built' | 'full';
}

/** Further inputs of the jobs that share a run. Times in seconds. */
export interface SharedInputs {
  plan: string;
  timeBudget: number | undefined;
  heartbeatInterval: number | undefined;
  claimLease: number | undefined;
  pollInterval: number | undefined;
  batchDelay: number | undefined;
  batchSize: number | undefined;
}

/** The inputs of `build-packages`. */
export interface BuildInputs extends TreeInputs, StoreInputs, SharedInputs {
  concurrentPackageBuilds: number | undefined;
  shard: number | undefined;
  rebuildToolchain: boolean;
}

/** The inputs of `build-packages/plan`. */
export interface PlanInputs extends TreeInputs, StoreInputs, RepositoryInputs {
  /** RPM's name of the architecture that is planned for. Empty: that of this machine. */
  targetArch: string;
  shareToolchain: boolean;
  maxShards: number | undefined;
  timeBudget: number | undefined;
  heavyPackages: string[];
  heavyMaxShards: number | undefined;
  heavyTimeBudget: number | undefined;
}

/** The inputs of `build-packages/merge`. */
export interface MergeInputs extends TreeInputs, StoreInputs, SharedInputs, RepositoryInputs, PlanEnd {
  concurrentPackageBuilds: number | undefined;
  /** Days, of the artifacts with RPMs and SRPMs. */
  retentionDays: number | undefined;
}

/** The end of the job that plans, as the workflow passes it on. */
export interface PlanEnd {
  planResult: string;
  planError: string;
}

/** Inputs of `compose-image`. */
export interface ComposeInputs
  extends PageInputs,
    Pick<TreeInputs, 'releaseMajorId' | 'outDir' | 'buildDir' | 'cacheDir'> {
  configFile: string;
  /** Empty: the folder of the config. */
  configBaseDir: string;
  /** Folders, besides the base, in which files that the config names may lie. */
  configExtraDirs: string[];
  /** An artifact of this run with an RPM repository. Empty: `rpmsDir`. */
  rpmsArtifact: string;
  /** Empty: `RPMS` in `outDir`. */
  rpmsDir: string;
  /** Paths of `.repo` files, whose `$releasever` is `releaseMajorId`. */
  repoList: string[];
  /** The toolchain that a job of this run shared. Empty: `toolchainDir`. */
  toolchainArtifact: string;
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  bootTest: boolean;
  /** Seconds until the image must be up. */
  bootTimeout: number | undefined;
  /** Days, of the artifact with the image. */
  retentionDays: number | undefined;
}

/** Inputs of `compose-image/release`. */
export interface ReleaseInputs extends PageInputs {
  tag: string;
  files: string[];
  /** Artifacts of the run. */
  imageArtifacts: string[];
  skipUnchanged: boolean;
  token: string;
  repository: string;
}

/** The inputs of `toolchain`. */
export interface ToolchainInputs
  extends PageInputs,
    ToolchainSourceInputs,
    Pick<StoreInputs, 'onStoreError'> {
  /** The folders of specs that the toolchain is for. They need not exist. */
  specsDir: string[];
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  cacheDir: string;
  updateLock: boolean;
}
