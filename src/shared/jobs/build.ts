import { type BuildContext, paths } from '../builder/build-context.ts';
import type { ActionContext } from '../github/action.ts';
import { inputProblem } from '../github/inputs.ts';
import type { JobReport } from '../github/job-report.ts';
import type { BuildInputs } from '../model/inputs.ts';
import { foundInStore } from '../model/outcome.ts';
import { shardPage } from '../report/summary-page.ts';
import { publishLogs } from '../rpm-repository/write/publish-artifacts.ts';
import type { PackageReport } from '../shards/protocol/heartbeat.ts';
import { outcomesOf } from '../shards/worker/outcomes.ts';
import { runAlone } from '../shards/worker/run-alone.ts';
import { runShard } from '../shards/worker/run-shard.ts';
import { deliver } from './deliver.ts';
import { type OpenedRun, withBuildContext } from './open-build-context.ts';
import { rebuildToolchain } from './rebuild-toolchain.ts';
import { referencesOf } from './references.ts';
import { joinRun } from './shared-run.ts';
import { matrixOf } from './size-run.ts';
import { storageRequestAlone, storageRequestOf } from './storage-request.ts';

/** Plans and builds everything in this job or, with the input `shard`, what the other shards of a run leave to it. */
export async function buildPackages(action: ActionContext, inputs: BuildInputs): Promise<JobReport> {
  const started = performance.now();
  const { shard } = inputs;
  if (shard !== undefined && inputs.rebuildToolchain)
    throw inputProblem('rebuild-toolchain', 'true', 'in a shard', 'Give it to a job that builds everything.');
  if (shard !== undefined)
    return await withBuildContext(action, inputs, 'share', (opened) => pull(opened, inputs, shard));
  if (inputs.rebuildToolchain) return await rebuildToolchain(action, inputs);
  return await withBuildContext(action, inputs, 'alone', async (opened) => {
    const { context, index, local } = opened;
    opened.makeRoom(storageRequestAlone(index, context.run.names));
    const slots = inputs.concurrentPackageBuilds;
    const state = await runAlone(context, slots, undefined, opened.grow);
    const outcomes = outcomesOf(state);
    await opened.remember(outcomes);
    return await deliver(
      { ...context, tree: state.context.tree },
      { graph: state.progress.graph, outcomes, local },
      inputs,
      started,
    );
  });
}

/** One shard of a run. Packages that fail here do not fail the job: merge decides. */
async function pull(opened: OpenedRun, inputs: BuildInputs, id: number): Promise<JobReport> {
  const run = await joinRun(opened, inputs, 1);
  const { state, plan, settings, started, attempt } = run;
  const writers = plan.shards + plan.heavyShards;
  opened.makeRoom(storageRequestOf(opened.index, plan, state.known.results.values(), writers));
  const options = { id, attempt, settings, started, ...matrixOf(plan, id) };
  const reports = new Map<string, PackageReport>();
  let error: unknown;
  try {
    const why = await runShard(run, options, reports);
    state.context.log.info(`Shard ${id} ends: ${why}.`);
  } catch (thrown) {
    error = thrown;
  }
  return { ...(await shardReport(state.context, id, [...reports.values()])), error };
}

/** The page and outputs of a shard, also of one that ended badly. Publishes the logs of the packages that failed there. */
async function shardReport(
  context: BuildContext,
  id: number,
  own: readonly PackageReport[],
): Promise<JobReport> {
  const failed = own.filter(({ state }) => state === 'failed');
  const built = own.filter(({ state, reason }) => state === 'built' && reason !== foundInStore);
  const names = failed.map((one) => one.package);
  const logs = await publishLogs(paths.logs(context.inputs), id, names, context.log);
  const shown = failed.map((one) => ({ ...one, name: one.package, log: logs.get(one.package) }));
  context.log.info(`Shard ${id}: ${built.length} built, ${failed.length} failed.`);
  const counts = { built: built.length, failed: failed.length };
  const outputs = { ...counts, 'cache-hit': built.length + failed.length === 0 };
  return { outputs, page: shardPage(id, built, shown, await referencesOf(context)) };
}
