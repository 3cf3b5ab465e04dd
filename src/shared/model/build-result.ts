import type { Rpm } from './rpm.ts';

/** The SRPM of a result. */
export interface Srpm {
  file: string;
  size: number;
  shipDigest: string;
}

/** What one build made, as the store keeps it beside the files. Everything but bytes. */
export interface Result {
  schema: 'azl/result';
  version: 1;
  /** Spec file name without `.spec`. */
  package: string;
  /** 64 hex digits. */
  key: string;
  /** What the key was made of, by name: the next plan diffs it to say why. */
  components: Record<string, string>;
  srpm: Srpm;
  rpms: Rpm[];
  /** Seconds that the build took, without waiting. */
  seconds: number;
  /** What they went into, in order. */
  parts: BuildParts;
}

/** Seconds of each part of a build: packing its SRPM, installing its build root, rpmbuild itself. */
export interface BuildParts {
  srpm: number;
  builddep: number;
  build: number;
}
