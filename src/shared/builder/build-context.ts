import { join } from 'node:path';
import type { ActionContext } from '../github/action.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Run } from '../model/run.ts';
import type { Tree } from '../solver/solve-root.ts';
import type { Sources } from '../sources/locate.ts';
import type { Store } from '../store/store.ts';

/** Seconds that every build is given, also at the end of a job. */
export const leastForBuild = 60;

/** The time that builds have in a job that has an end. */
export interface BuildTime {
  /** Seconds that a build may take which starts now. */
  left(): number;
  /** True if no build of this job could run for longer than so many seconds. */
  isWhole(seconds: number): boolean;
}

/** The parts that all builds of a job share. Only the content of the store changes while they run. */
export interface BuildContext extends ActionContext {
  inputs: TreeInputs;
  tree: Tree;
  run: Run;
  store: Store;
  sources: Sources;
  /** The folder with the toolchain's RPMs and the worker. */
  toolchainDir: string;
  buildTime?: BuildTime;
}

/** The folders below `build-dir`. */
export const paths = {
  overlays: (inputs: TreeInputs) => join(inputs.buildDir, 'overlays'),
  staging: (inputs: TreeInputs) => join(inputs.buildDir, 'staging'),
  logs: (inputs: TreeInputs) => join(inputs.buildDir, 'logs'),
  exchange: (inputs: TreeInputs) => join(inputs.buildDir, 'exchange'),
  failedRoots: (inputs: TreeInputs) => join(inputs.buildDir, 'roots'),
} as const;
