import { debug } from '../base/debug.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { artifactAddress, fileAddress, runAddress } from '../github/addresses.ts';
import { artifactIds } from '../github/artifacts/fetch.ts';
import { writesPage } from '../github/job-report.ts';
import { hasArtifacts } from '../github/run.ts';
import type { PublishedRun } from '../report/published-run.ts';
import type { References } from '../report/references.ts';
import { specFile } from '../specs/find.ts';

/** Returns the addresses of the run's artifacts as they are now, for a page; without one, and without answer, none. */
export async function artifactAddresses(): Promise<References['artifactOf']> {
  if (!hasArtifacts() || !writesPage() || artifactAddress(0) === undefined) return () => undefined;
  try {
    const ids = await artifactIds();
    return (name) => {
      const id = ids.get(name);
      return id === undefined ? undefined : artifactAddress(id);
    };
  } catch (error) {
    debug(() => `the addresses of artifacts are not known: ${(error as Error).message}`);
    return () => undefined;
  }
}

/** Returns what the page of a job may refer to: the specs of its tree, and the artifacts of the run as they are now. */
export async function referencesOf({ tree }: Pick<BuildContext, 'tree'>): Promise<References> {
  const { specs } = tree.declared;
  return {
    artifactOf: await artifactAddresses(),
    versionOf: (name) => {
      const spec = specs.get(name);
      return spec === undefined ? '' : `${spec.version}-${spec.release}`;
    },
    specOf: (name, line) => {
      const spec = specs.get(name);
      if (spec === undefined) return undefined;
      const file = specFile(spec);
      return { text: line === undefined ? file : `${file}:${line}`, address: fileAddress(file, line) };
    },
  };
}

/** Returns an artifact of this run as its readers find it; undefined without a name, and outside of a run. */
export function publishedRun(artifact = ''): PublishedRun | undefined {
  const { GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: run = '' } = process.env;
  return artifact === '' || runAddress() === undefined ? undefined : { artifact, repository, run };
}
