import { join } from 'node:path';
import type { ActionContext } from '../github/action.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Spec } from '../model/spec.ts';
import { readDebianSources } from '../sources/debian-sources.ts';
import { openSources, type Sources } from '../sources/locate.ts';
import type { BuildContext } from './build-context.ts';

/** Opens the places that sources come from. @throws ProblemsError when `debian-sources` cannot be used */
export async function treeSources(inputs: TreeInputs, { log, signal }: ActionContext): Promise<Sources> {
  const { sourceDirs, sourceUrl, debianSources } = inputs;
  const debian = debianSources === '' ? undefined : await readDebianSources(debianSources);
  const cacheDir = join(inputs.cacheDir, 'sources');
  return openSources({ sourceDirs, cacheDir, sourceUrl, debian }, { log, signal });
}

/** The checked files of a package's sources, by base name; fetched if they are not there. */
export async function fetchSources(context: BuildContext, spec: Spec): Promise<Map<string, string>> {
  return await context.sources.locate(spec, await context.tree.sources(spec.package));
}
