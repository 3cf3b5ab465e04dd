import { join } from 'node:path';
import { packSrpm, stage } from '../builder/pack-srpm.ts';
import { paths } from '../builder/paths.ts';
import { fetchSources } from '../builder/tree-sources.ts';
import type { ActionContext } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Spec } from '../model/spec.ts';
import { publishSrpm } from '../rpm-repository/write/publish.ts';
import { withBuildContext } from './open-tree.ts';

/** Packs the SRPM of every package of the run, from fetched and checked sources, into `out-dir`/SRPMS. */
export async function packSrpms(context: ActionContext, inputs: TreeInputs): Promise<JobReport> {
  await withBuildContext(context, inputs, 'none', async (workshop) => {
    for (const [index, name] of workshop.names.entries()) {
      const spec = workshop.tree.graph.specs.get(name) as Spec;
      context.log.progress(`[${index}/${workshop.names.length}] ${name}`);
      const staging = await stage(workshop, spec, await fetchSources(workshop, spec));
      const srpm = await packSrpm(workshop, spec, staging, join(paths.logs(inputs), `${name}.srpm.log`));
      context.log.info(await publishSrpm(workshop, name, srpm));
    }
  });
  return { outputs: { 'srpms-dir': join(inputs.outDir, 'SRPMS') }, page: '' };
}
