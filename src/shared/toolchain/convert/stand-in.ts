/** A path that an RPM gets besides the files of Debian packages. Paths are absolute. */
export type Entry = { path: string; user?: string; group?: string } & (
  | { type: 'folder'; mode?: number }
  | { type: 'file'; text: string; mode?: number; config?: boolean }
  /** A `*` in `target` matches files of the package: the last match is linked to; without one there is no link. */
  | { type: 'link'; target: string }
  /** Files of the package that a pattern matches, in which one text takes the place of another. */
  | { type: 'edit'; from: string; to: string }
  /** The mode and owner of a file, where Debian's scripts would change them. */
  | { type: 'owner'; mode: number }
);

/** An RPM to make in place of one that no spec of ours has built yet: everything that shapes its bytes. */
export interface StandIn {
  name: string;
  epoch: number;
  version: string;
  release: string;
  noarch: boolean;
  summary: string;
  /** SHA-256 of the Debian packages that it is made of, in the order of unpacking. */
  debs: string[];
  entries: Entry[];
  /** Sorted. */
  provides: string[];
  /** Sorted. The conversion adds the needs of ELF files. */
  requires: string[];
  /** Needs of its ELF files that no package of the set has. Debian does not require them either. */
  ignoredRequires: string[];
  /** Scriptlets in the syntax of a spec. */
  scripts: string;
}
