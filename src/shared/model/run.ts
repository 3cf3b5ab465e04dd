import type { TreeFailure } from './outcome.ts';

/** The packages of a run, as the inputs ask for them. Times in seconds. */
export interface Run {
  /** Packages that were asked for, by name. */
  goals: readonly string[];
  /** The goals and all packages that they may need. Builds may reveal more. */
  names: readonly string[];
  /** Those of the names that the tree alone keeps from being built: their own errors, and what needs them. */
  failures: ReadonlyMap<string, TreeFailure>;
  /** Packages that are asked for and not built, because the toolchain has their RPMs. Sorted. */
  prebuilt: readonly string[];
  /** Packages that are built even when the store has their result. */
  rebuild: ReadonlySet<string>;
  /** Expected times: those of the newest results. */
  seconds: ReadonlyMap<string, number>;
  /** The longest path of expected times from a package's start to the end of the run; the highest is built first. */
  priority: ReadonlyMap<string, number>;
}
