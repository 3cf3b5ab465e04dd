import * as core from '@actions/core';
import { readBuildInputs } from '../../../actions/build-packages/src/inputs.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { runAction } from '../github/action.ts';
import type { BuildInputs } from '../model/inputs.ts';
import { foundInStore } from '../model/outcome.ts';
import { shardPage } from '../report/summary-page.ts';
import { publishLogs } from '../rpm-repository/write/publish-artifacts.ts';
import type { PackageReport } from '../shards/protocol/heartbeat.ts';
import { runBuilds } from '../shards/worker/run-builds.ts';
import { runShard } from '../shards/worker/run-shard.ts';
import { deliver, summarize } from './deliver.ts';
import { building, rememberResults, withBuildContext } from './open-tree.ts';
import { joinRun } from './shared-run.ts';
import { matrixOf } from './size-run.ts';
import { storageRequestAlone, storageRequestOf } from './storage-request.ts';

/** `build-packages`: plans and builds everything in one job; with `shard`, what other shards of a run leave to it. */
export async function main(): Promise<void> {
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readBuildInputs();
    await withBuildContext(
      context,
      inputs,
      inputs.shard === undefined ? 'alone' : 'share',
      async (workshop) => {
        if (inputs.shard !== undefined) return await pull(workshop, inputs, inputs.shard);
        workshop.makeRoom(storageRequestAlone(workshop.index, workshop.names));
        const outcomes = await runBuilds(workshop, inputs.concurrentPackageBuilds);
        await rememberResults(workshop, outcomes);
        await deliver(workshop, outcomes, inputs, started);
      },
    );
  });
}

/** One shard of a run. What fails here is the run's affair: merge decides. */
async function pull(opened: BuildContext, inputs: BuildInputs, id: number): Promise<void> {
  const { view, plan, settings, started, attempt } = await joinRun(opened, inputs, 1);
  const savers = plan.shards + plan.heavyShards;
  opened.makeRoom(storageRequestOf(opened.index, plan, view.known.results.values(), savers));
  const options = { id, attempt, settings, started, ...matrixOf(plan, id) };
  const own = new Map<string, PackageReport>();
  try {
    await runShard(view, options, own);
  } finally {
    await tell(view.workshop, id, [...own.values()]);
  }
}

/** What a shard did, also when it ended badly: its page, the logs of what failed there, its outputs. */
async function tell(workshop: BuildContext, id: number, own: readonly PackageReport[]): Promise<void> {
  const failed = own.filter(({ state }) => state === 'failed');
  const built = own.filter(({ state, reason }) => state === 'built' && reason !== foundInStore);
  const names = failed.map((one) => one.package);
  const logs = await publishLogs(workshop, id, names);
  const shown = failed.map((one) => ({ ...one, name: one.package, log: logs.get(one.package), blocks: [] }));
  await summarize(shardPage(id, built, shown));
  workshop.context.log.info(`Shard ${id}: ${built.length} built, ${failed.length} failed.`);
  core.setOutput('built', built.length);
  core.setOutput('failed', failed.length);
}
