import type { Capability, Rpm } from './rpm.ts';

export interface SpecSource {
  /** The name of the file in SOURCES/. */
  name: string;
  /** Where upstream has it, without the `#/name` that renames it. */
  url?: string;
  kind: 'source' | 'patch';
  number: number;
  /** SHA-256 of the bytes that rpm read of it while it parsed the spec. */
  read?: string;
  /** It lies in the spec's folder, and its owner may execute it. */
  executable?: boolean;
}

type Named = 'name' | 'epoch' | 'version' | 'release';
type Relation = 'provides' | 'requires' | 'conflicts' | 'obsoletes';

/** One RPM that a spec describes. */
export interface SpecPackage extends Pick<Rpm, 'file' | Named | 'arch' | Relation> {
  /** Absolute paths or globs of `%files`, macros expanded, directives gone. */
  files: string[];
  /** It has a `%files` section: only then rpm makes the RPM. */
  built: boolean;
}

/** A spec as rpm parses it, for one architecture. */
export interface Spec extends Pick<Rpm, Named | 'sourceRpm'> {
  /** The file's name without `.spec`: the package's identity. */
  package: string;
  /** The folder of specs that it lies in, as the user wrote it. */
  specsDir: string;
  /** Relative to that folder, with `/`. */
  path: string;
  /** Why it is not built for this architecture. */
  excluded?: string;
  /** Of the build itself, `%check` left out. Sorted. */
  buildRequires: Capability[];
  /** Further requirements of the `%check`. Sorted. */
  checkRequires: Capability[];
  buildConflicts: Capability[];
  /** By kind (sources first), then number. */
  sources: SpecSource[];
  packages: SpecPackage[];
  hasCheck: boolean;
  /** It has a `%generate_buildrequires`: further BuildRequires are known when that has run. */
  generates?: boolean;
  /** SHA-256 of the spec file. */
  digest: string;
  /** The macros with versions of other specs that it names: `azl_<spec>_version`, by name. Absent: none. */
  versionMacros?: Readonly<Record<string, string>>;
  /** Files of the spec's folder that reading it opened, besides its sources: path in the folder, SHA-256. By name. */
  includes: { name: string; digest: string; executable?: boolean }[];
}
