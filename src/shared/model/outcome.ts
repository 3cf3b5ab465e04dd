import type { Result } from './build-result.ts';
import type { Components } from './key-components.ts';
import type { StoredParts } from './stored-parts.ts';

/** How a package of a run ended. */
export type Outcome =
  | {
      state: 'built' | 'reused';
      reason: string;
      result: Result;
      /** What of it later runs can have; absent where this run does not know. */
      stored?: StoredParts;
    }
  | { state: 'failed'; reason: string; log?: string; seconds?: number; key?: string }
  | { state: 'blocked'; reason: string; rootCauses: string[] }
  | { state: 'left'; reason: string };

/** Why a package was not built after all: no index told of its result, and the store had it. */
export const foundInStore = 'a run before this one built it';

/** A package whose key is known: everything that decides its result. */
export interface PlannedBuild {
  key: string;
  components: Components;
  /** File names in the build root, by where they come from. */
  installed: { origin: 'local' | 'toolchain'; file: string }[];
  /** Packages of the tree whose results the root may hold. */
  packages: string[];
}

/** A build that can start, and why it is needed. */
export interface ReadyBuild {
  build: PlannedBuild;
  reason: string;
}

/** A package before its build: what the plan says of it. */
export type PackagePlan =
  | ({ state: 'build' } & ReadyBuild)
  | { state: 'reuse'; reason: string; result: Result }
  | { state: 'maybe'; reason: string; waitsFor: string[] }
  | { state: 'failed'; reason: string };
