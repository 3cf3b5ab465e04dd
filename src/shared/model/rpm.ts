import { digest, integer, list, object, plainName, text } from '../base/schema.ts';
import { rpmFilePattern } from '../base/untrusted.ts';

/** A capability as RPM writes it: `zlib-devel >= 1.3`, `/usr/bin/perl`, or a rich dependency `(a if b)`, unmangled. */
export type Capability = string;

/** The content of an RPM's header: all that a solver, a key or a repository needs without the file. */
export interface Rpm {
  /** The file's base name: `<name>-<version>-<release>.<arch>.rpm`. */
  file: string;
  name: string;
  /** 0 when the header has none. */
  epoch: number;
  version: string;
  release: string;
  arch: string;
  /** Base name of its SRPM. */
  sourceRpm: string;
  /** Bytes of the file. */
  size: number;
  /** SHA-256 of the unsigned file. */
  shipDigest: string;
  /** SHA-256 over everything that the builds of dependents can see of it (docs/keys.md). */
  outputDigest: string;
  provides: Capability[];
  requires: Capability[];
  conflicts: Capability[];
  obsoletes: Capability[];
  /** Absolute paths of everything that is not a folder (ghosts too), sorted. */
  files: string[];
  /** Absolute paths of its folders, sorted. */
  folders: string[];
}

/** One RPM of a build root, and where it comes from. */
export interface RootRpm {
  origin: 'local' | 'toolchain';
  rpm: Rpm;
}

/** A path as long as Linux allows, with the same for the dependency on it. */
const longestPath = 4096;

const capabilities = list(text(longestPath * 4));
const paths = list(text(longestPath, /^\//));

export const rpmSchema = object<Rpm>({
  file: text(255, rpmFilePattern),
  ...{ name: plainName, epoch: integer(0, 0xffff_ffff), version: plainName, release: plainName },
  ...{ arch: plainName, sourceRpm: plainName, size: integer(), shipDigest: digest, outputDigest: digest },
  ...{ provides: capabilities, requires: capabilities, conflicts: capabilities, obsoletes: capabilities },
  ...{ files: paths, folders: paths },
});
