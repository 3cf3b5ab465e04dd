import type { Problem } from '../base/problems.ts';
import type { Components, Result, StoredParts } from './build-result.ts';
import type { Limits } from './limits.ts';
import type { Capability } from './rpm.ts';

/**
 * The kind of a failure, which decides what helps: rpmbuild failed, or the `%check`; a limit was reached; a requirement
 * has no provider, or is in a cycle; the spec does not parse; another file of the user has an error, which its message
 * explains; the shards had too little time, or ended; its RPMs are another package's.
 */
export const failureKinds = [
  ...(['build', 'check', 'requirement', 'cycle', 'spec', 'input', 'time-budget', 'shards', 'clash'] as const),
  ...(['seconds', 'memory', 'processes', 'disk', 'log'] as const satisfies (keyof Limits)[]),
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** A requirement that nothing provides, and that nothing still to be built can provide. */
export interface UnmetRequirement {
  capability: Capability;
  /** `[package, rpm, …]`: the last one requires it, each before requires the next. */
  path: string[];
  /** The package whose spec or RPM requires it. */
  by: string;
  /** True if its `%generate_buildrequires` named it. */
  isGenerated?: boolean;
}

/** Why a package is not built whose RPMs the toolchain has. */
export const inToolchain = 'toolchain';

/** The outcome of a package in a run. */
export type Outcome =
  | {
      state: 'built' | 'reused';
      reason: string;
      result: Result;
      /** The parts that later runs can have; absent when this run does not know. */
      stored?: StoredParts;
    }
  /** The toolchain has its RPMs. */
  | { state: 'reused'; reason: typeof inToolchain }
  | {
      state: 'failed';
      reason: string;
      kind?: FailureKind;
      /** The errors of the tree that made it fail; absent when a build or a result showed more than the tree. */
      problems?: readonly Problem[];
      /** The line of its spec that failed, from 1. */
      line?: number;
      log?: string;
      seconds?: number;
      key?: string;
    }
  | { state: 'blocked'; reason: string; rootCauses: string[] }
  | { state: 'left'; reason: string };

/** The outcome of a package that its tree alone decides, before anything is built: the same in every job of a run. */
export type TreeFailure =
  | (Extract<Outcome, { state: 'failed' }> & { kind: FailureKind; problems: readonly Problem[] })
  | Extract<Outcome, { state: 'blocked' }>;

/** Why a package was not built after all: its result was in no index, and the store had it. */
export const foundInStore = 'a run before this one built it';

/** A build whose key is known, and everything that decides its result. */
export interface PlannedBuild {
  key: string;
  components: Components;
  /** The RPMs of the build root, by file name. */
  installed: { origin: 'local' | 'toolchain'; file: string }[];
  /** Packages of the tree whose RPMs the build root may hold. */
  packages: string[];
  /** Requirements that its `%generate_buildrequires` has named so far. Absent where its spec has none. */
  generated?: readonly Capability[];
  /** True if its `%generate_buildrequires` alone is to be run, in this root and under this key: then it may need more. */
  isRound?: boolean;
}

/** A build that can start, and why it is needed. */
export interface ReadyBuild {
  build: PlannedBuild;
  reason: string;
}

export const planStates = [
  'build',
  'reuse',
  'maybe',
  'failed',
  'blocked',
] as const satisfies PackagePlan['state'][];

/** The plan of one package. */
export type PackagePlan =
  | ({ state: 'build' } & ReadyBuild)
  | { state: 'reuse'; reason: string; result: Result }
  | { state: 'reuse'; reason: typeof inToolchain }
  | { state: 'maybe'; reason: string; waitsFor: string[] }
  | {
      state: 'failed';
      reason: string;
      kind?: FailureKind;
      /** As in {@link Outcome}. */
      problems?: readonly Problem[];
      line?: number;
      unmet?: UnmetRequirement[];
    }
  | { state: 'blocked'; reason: string; rootCauses: string[] };
