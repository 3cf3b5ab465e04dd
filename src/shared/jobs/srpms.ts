import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildContext, paths } from '../builder/build-context.ts';
import { packSrpm, stage, stagingFolder } from '../builder/pack-srpm.ts';
import { fetchSources } from '../builder/tree-sources.ts';
import { type ActionContext, AlreadyReportedError } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { TreeFailure } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import { publishSrpm } from '../rpm-repository/write/publish.ts';
import { ownRepository } from './deliver.ts';
import { withBuildContext } from './open-build-context.ts';
import { logTreeErrors } from './report-tree.ts';

/**
 * Packs the SRPM of every package of the run, from fetched and checked sources, into `out-dir`/SRPMS. What keeps a
 * package from being built keeps it from being packed only if it concerns its own files.
 */
export async function packSrpms(action: ActionContext, inputs: TreeInputs): Promise<JobReport> {
  return await withBuildContext(action, inputs, 'none', async ({ context }) => {
    const unpackable = new Map([...context.run.failures].filter(([, one]) => concernsFiles(one)));
    const names = context.run.names.filter((name) => !unpackable.has(name));
    for (const [index, name] of names.entries()) {
      context.log.progress(`[${index}/${names.length}] ${name}`);
      await packOne(context, context.tree.declared.specs.get(name) as Spec);
    }
    logTreeErrors(unpackable, context.log);
    const error = unpackable.size > 0 ? new AlreadyReportedError() : undefined;
    return { outputs: { 'srpms-dir': join(inputs.outDir, 'SRPMS') }, page: '', error };
  });
}

async function packOne(context: BuildContext, spec: Spec): Promise<void> {
  const files = await fetchSources(context, spec);
  try {
    const staging = await stage(context, spec, files);
    const log = join(paths.logs(context.inputs), `${spec.package}.srpm.log`);
    const srpm = await packSrpm(context, spec, staging, log);
    context.log.info(await publishSrpm(ownRepository(context), spec.package, srpm));
  } finally {
    await rm(stagingFolder(context, spec), { recursive: true, force: true });
  }
}

function concernsFiles(failure: TreeFailure): boolean {
  return failure.state === 'failed' && ['spec', 'input', 'clash'].includes(failure.kind);
}
