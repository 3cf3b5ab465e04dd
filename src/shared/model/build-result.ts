import {
  constant,
  digest,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  plainName,
  type Schema,
  text,
} from '../base/schema.ts';
import { rpmFilePattern } from '../base/untrusted.ts';
import { type Rpm, rpmSchema } from './rpm.ts';

/** The components of a key, by names from which a reason can be written: `spec`, `source:x.tar.gz`, `installed:gcc.x86_64`. */
export type Components = Record<string, string>;

/** The SRPM of a result. */
export type Srpm = Pick<Rpm, 'file' | 'size' | 'shipDigest'>;

/** The result of one build, without the bytes of its files. */
export interface Result {
  schema: 'azl/result';
  version: 1;
  /** Spec file name without `.spec`. */
  package: string;
  /** 64 hex digits. */
  key: string;
  /** The next plan compares them to say why a package is built. */
  components: Components;
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

/** The parts of a result that are stored: all files, the RPMs that a build may need (no debuginfo, no SRPM), or none. */
export const storedParts = ['full', 'without-debug', 'none'] as const;
export type StoredParts = (typeof storedParts)[number];

export const componentsSchema: Schema<Components> = map(text(1e6));

export const srpmSchema = object<Srpm>({
  file: text(255, rpmFilePattern),
  size: integer(),
  shipDigest: digest,
});

export const partsSchema = object<BuildParts>({ srpm: number(), builddep: number(), build: number() });

export const resultSchema = object<Result>({
  ...{ schema: constant('azl/result'), version: constant(1), package: plainName, key: digest },
  ...{ components: componentsSchema, srpm: srpmSchema, rpms: list(rpmSchema, 10_000) },
  ...{ seconds: number(), parts: partsSchema },
});

export const storedPartsSchema = oneOf(...storedParts);
