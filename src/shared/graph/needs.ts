import type { UnmetRequirement } from '../model/outcome.ts';
import type { Capability } from '../model/rpm.ts';

/** A requirement that nothing provides, or can still provide. */
export interface Missing extends UnmetRequirement {
  /** Failed packages that might have provided it. Sorted. */
  failed: string[];
}

/** A package whose result is needed, or may be, and is not there yet. */
export interface Wait {
  package: string;
  /** The RPMs that lead to it. */
  through: string[];
  /**
   * The capability that it may provide; absent when it is certain that it is needed. `isCandidate`: its spec suggests that it does (see
   * {@link candidateProviders}); else it is one of several that are searched.
   */
  open?: { capability: Capability; isCandidate: boolean };
}

/** The needs of a package from the tree, as far as the results at hand show. */
export interface Needs {
  /** Packages whose RPMs its build root may hold, sorted. */
  packages: string[];
  /** For each package the first reason to wait for it, a certain one before others. Sorted by package. */
  waits: Wait[];
  /** While there is something to wait for: those that no result can change any more. */
  missing: Missing[];
  /** File names of the stand-ins on demand that its build root may hold, sorted. */
  onDemand: string[];
  /** Those of them that are not converted. */
  unconverted: string[];
  /** Packages that it takes from the toolchain by the policy on cycles, sorted. */
  brokenCycles: string[];
  /** Packages of which no spec declares that they provide what they were chosen for. Of declared needs only. */
  guessed: ReadonlySet<string>;
}

export interface NeedsOptions {
  /** Requirements besides its BuildRequires (those of its %check). */
  more?: readonly Capability[];
  /** Requirements that its `%generate_buildrequires` named. */
  generated?: readonly Capability[];
  /**
   * Takes every provider that specs declare for a requirement, and every term of rich dependencies, so that the solver has
   * all that it may choose from. Then nothing is missing.
   */
  isWide?: boolean;
  /** Takes what earlier builds point to, too: only for a package that has no root without it. */
  withPointers?: boolean;
  /** Takes what is built instead of waiting for any package that might provide a requirement. */
  isSearchOver?: boolean;
}
