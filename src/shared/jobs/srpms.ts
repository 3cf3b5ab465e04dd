import { join } from 'node:path';
import * as core from '@actions/core';
import { readTreeInputs } from '../../../actions/build-packages/src/inputs.ts';
import { packSrpm, stage } from '../builder/pack-srpm.ts';
import { paths } from '../builder/paths.ts';
import { fetchSources } from '../builder/tree-sources.ts';
import { runAction } from '../github/action.ts';
import type { Spec } from '../model/spec.ts';
import { publishSrpm } from '../rpm-repository/write/publish.ts';
import { building, withBuildContext } from './open-tree.ts';

/** `build-packages/srpms`: fetches and checks all sources, packs them. */
export async function srpms(): Promise<void> {
  await runAction(building, async (context) => {
    const inputs = readTreeInputs();
    await withBuildContext(context, inputs, 'none', async (workshop) => {
      for (const [index, name] of workshop.names.entries()) {
        const spec = workshop.tree.graph.specs.get(name) as Spec;
        context.log.progress(`[${index}/${workshop.names.length}] ${name}`);
        const staging = await stage(workshop, spec, await fetchSources(workshop, spec));
        const srpm = await packSrpm(workshop, spec, staging, join(paths.logs(inputs), `${name}.srpm.log`));
        context.log.info(await publishSrpm(workshop, name, srpm));
      }
      core.setOutput('srpms-dir', join(inputs.outDir, 'SRPMS'));
    });
  });
}
