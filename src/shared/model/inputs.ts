/** What every entry of this action is told. */
export interface TreeInputs {
  specsDir: string;
  toolchainArtifact: string;
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
  repositoryContent: 'built' | 'full';
}

/** What the jobs of a run that share its packages are told besides. */
export interface SharedInputs {
  plan: string;
  timeBudget: number | undefined;
  heartbeatInterval: number | undefined;
  claimLease: number | undefined;
  pollInterval: number | undefined;
  batchDelay: number | undefined;
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
  planError: string;
}

/** Inputs of `compose-image`. */
export interface ComposeInputs {
  configFile: string;
  /** Empty: the folder of the config. */
  configBaseDir: string;
  /** An artifact of this run with an RPM repository. Empty: `rpmsDir`. */
  rpmsArtifact: string;
  /** Empty: `RPMS` in `outDir`. */
  rpmsDir: string;
  /** Paths of `.repo` files. */
  repoList: string[];
  /** Their `$releasever`. */
  releaseMajorId: string;
  /** The toolchain that a job of this run shared. Empty: `toolchainDir`. */
  toolchainArtifact: string;
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  bootTest: boolean;
  /** Days, of the artifact with the image. */
  retentionDays: number | undefined;
  outDir: string;
  buildDir: string;
  cacheDir: string;
}

/** Inputs of `compose-image/release`. */
export interface ReleaseInputs {
  tag: string;
  files: string[];
  /** Artifacts of the run. */
  imageArtifacts: string[];
  skipUnchanged: boolean;
  token: string;
  repository: string;
}

/** The inputs of `toolchain`. */
export interface ToolchainInputs {
  toolchainMode: TreeInputs['toolchainMode'];
  toolchainManifest: string;
  toolchainArchive: string;
  /** Empty: `toolchain` in `cacheDir`. */
  toolchainDir: string;
  cacheDir: string;
  updateLock: boolean;
  onStoreError: StoreInputs['onStoreError'];
}
