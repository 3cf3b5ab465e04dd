import { join } from 'node:path';
import type { ActionContext } from '../github/action.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Spec } from '../model/spec.ts';
import { readDebianSources } from '../sources/debian-sources.ts';
import { openSources, type Sources } from '../sources/locate.ts';
import type { BuildContext } from './build-context.ts';

/** Where the sources of this run come from. @throws ProblemsError when `debian-sources` cannot be used */
export async function treeSources(inputs: TreeInputs, { log, signal }: ActionContext): Promise<Sources> {
  const places = {
    specsDir: inputs.specsDir,
    sourceDirs: inputs.sourceDirs,
    cacheDir: join(inputs.cacheDir, 'sources'),
    sourceUrl: inputs.sourceUrl,
    ...(inputs.debianSources === '' ? {} : { debian: await readDebianSources(inputs.debianSources) }),
  };
  return openSources(places, { log, signal });
}

/** The checked files of a package's sources, fetched where needed. */
export async function fetchSources(context: BuildContext, spec: Spec): Promise<Map<string, string>> {
  return await context.sources.locate(spec, await context.tree.sources(spec.package));
}
