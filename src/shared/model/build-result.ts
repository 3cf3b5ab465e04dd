import type { Rpm } from './rpm.ts';

/** The SRPM of a result. */
export interface Srpm {
  file: string;
  size: number;
  shipDigest: string;
}

/** The result of one build, without the bytes of its files. */
export interface Result {
  schema: 'azl/result';
  version: 1;
  /** Spec file name without `.spec`. */
  package: string;
  /** 64 hex digits. */
  key: string;
  /** The components of the key, by name: the next plan compares them to say why a package is built. */
  components: Record<string, string>;
  srpm: Srpm;
  rpms: Rpm[];
  /** Seconds that the build took, without waiting. */
  seconds: number;
  /** The same by part, in order. */
  parts: BuildParts;
}

/** Seconds of each part of a build: packing its SRPM, installing its build root, rpmbuild itself. */
export interface BuildParts {
  srpm: number;
  builddep: number;
  build: number;
}
