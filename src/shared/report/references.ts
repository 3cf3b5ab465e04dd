import type { Link } from './page.ts';
import type { PublishedRun } from './published-run.ts';

/** The versions of packages, and the addresses of specs and artifacts as far as they are known, for a page. */
export interface References {
  /** Version and release of a package, as its spec says; empty if there is no such spec. */
  versionOf: (name: string) => string;
  /** The spec of a package, at a line of it. */
  specOf: (name: string, line?: number) => Link | undefined;
  /** The address of an artifact of this run. */
  artifactOf: (artifact: string) => string | undefined;
  /** The repository that this job published; undefined without one, and outside of a run. */
  repository?: PublishedRun | undefined;
}
