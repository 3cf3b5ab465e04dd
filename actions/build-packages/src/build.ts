import * as core from '@actions/core';
import type { Told } from '../../../src/shared/exchange/alive.ts';
import { runAction } from '../../../src/shared/github/action.ts';
import { shardPage } from '../../../src/shared/report/summary-page.ts';
import { deliver, summarize } from './deliver.ts';
import { type BuildInputs, readBuildInputs } from './inputs.ts';
import { building, rememberResults, using } from './open-tree.ts';
import { publishLogs } from './publish-artifacts.ts';
import { runBuilds } from './run-builds.ts';
import { runShard } from './run-shard.ts';
import { joinRun } from './shared-run.ts';
import { isHeavyShard } from './size-run.ts';
import type { Workshop } from './workshop.ts';

/** `build-packages`: plans and builds everything in one job; with `shard`, what other shards of a run leave to it. */
export async function main(): Promise<void> {
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readBuildInputs();
    await using(context, inputs, inputs.shard === undefined, async (workshop) => {
      if (inputs.shard !== undefined) return await pull(workshop, inputs, inputs.shard);
      const outcomes = await runBuilds(workshop, inputs.concurrentPackageBuilds);
      await rememberResults(workshop, outcomes);
      await deliver(workshop, outcomes, inputs, started);
    });
  });
}

/** One shard of a run. What fails here is the run's affair: merge decides. */
async function pull(opened: Workshop, inputs: BuildInputs, id: number): Promise<void> {
  const { view, plan, terms, attempt } = await joinRun(opened, inputs, 1);
  const heavy = new Set(plan.heavy);
  const isHeavy = isHeavyShard(plan, id);
  const options = {
    ...{ id, attempt, terms },
    most: isHeavy ? plan.heavyShards : plan.shards,
    peers: isHeavy
      ? { first: plan.entries + 1, last: plan.entries + plan.heavyEntries }
      : { first: 1, last: plan.entries },
    takes: (name: string) => heavy.has(name) === isHeavy,
  };
  const own = [...(await runShard(view, options)).values()];
  const ended = (state: Told['state']) => own.filter((one) => one.state === state);
  const [built, failed] = [ended('built'), ended('failed')];
  const logs = await publishLogs(
    view.workshop,
    id,
    failed.map((one) => one.package),
  );
  const shown = failed.map((one) => ({ ...one, name: one.package, log: logs.get(one.package), blocks: [] }));
  await summarize(shardPage(id, built, shown));
  view.workshop.context.log.info(`Shard ${id}: ${built.length} built, ${failed.length} failed.`);
  core.setOutput('built', built.length);
  core.setOutput('failed', failed.length);
}
