import { join } from 'node:path';
import { paths } from '../builder/build-context.ts';
import { packSrpm, stage } from '../builder/pack-srpm.ts';
import { fetchSources } from '../builder/tree-sources.ts';
import type { ActionContext } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Spec } from '../model/spec.ts';
import { publishSrpm } from '../rpm-repository/write/publish.ts';
import { ownRepository } from './deliver.ts';
import { withBuildContext } from './open-build-context.ts';

/** Packs the SRPM of every package of the run, from fetched and checked sources, into `out-dir`/SRPMS. */
export async function packSrpms(action: ActionContext, inputs: TreeInputs): Promise<JobReport> {
  await withBuildContext(action, inputs, 'none', async ({ context }) => {
    const { names } = context.run;
    for (const [index, name] of names.entries()) {
      const spec = context.tree.declared.specs.get(name) as Spec;
      context.log.progress(`[${index}/${names.length}] ${name}`);
      const staging = await stage(context, spec, await fetchSources(context, spec));
      const srpm = await packSrpm(context, spec, staging, join(paths.logs(inputs), `${name}.srpm.log`));
      context.log.info(await publishSrpm(ownRepository(context), name, srpm));
    }
  });
  return { outputs: { 'srpms-dir': join(inputs.outDir, 'SRPMS') }, page: '' };
}
