import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as core from '@actions/core';
import { readPlanInputs } from '../../../actions/build-packages/src/inputs.ts';
import { order } from '../base/order.ts';
import { problem } from '../base/problems.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { paths } from '../builder/paths.ts';
import { AlreadyReportedError, runAction } from '../github/action.ts';
import { hasCache, runAttempt } from '../github/run.ts';
import { writeJson, writeWhole } from '../host/files.ts';
import type { PlanInputs } from '../model/inputs.ts';
import type { PackagePlan } from '../model/outcome.ts';
import { planBuilds } from '../planner/plan-builds.ts';
import { planJson } from '../planner/plan-json.ts';
import { planPage } from '../report/summary-page.ts';
import { heavyTimeBudgetOf, timeBudgetOf } from '../shards/scheduler/settings.ts';
import { jobMinutes, mergeMinutes } from '../shards/scheduler/size.ts';
import type { Exchange } from '../shards/transport/exchange.ts';
import { shareToolchain, toolchainName } from '../shards/transport/shared-toolchain.ts';
import { withFolder } from '../shards/worker/passing-files.ts';
import { bytesStored } from '../store/budget.ts';
import { bytesOf } from '../store/result-files.ts';
import { indexFile, newestResults, writeIndex } from '../store/store-index.ts';
import { summarize } from './deliver.ts';
import { findExchange } from './open-exchange.ts';
import { building, withBuildContext } from './open-tree.ts';
import { planFile, planName } from './shared-run.ts';
import { type RunSize, shardNumbers, sizeRun } from './size-run.ts';

/** Characters of a message for other jobs: all outputs of a job share a megabyte. */
const longestMessage = 20_000;

/** `build-packages/plan`: what would be built, and why, and by how many shards. */
export async function plan(): Promise<void> {
  await runAction({ commands: building, onFailure: tellWhy }, async (context) => {
    const inputs = readPlanInputs();
    await withBuildContext(context, inputs, 'plan', async (workshop) => {
      const found = await planBuilds(workshop);
      const { length, ...size } = sizeRun(found, workshop, inputs);
      const { workerDigest } = workshop.tree.toolchain;
      const file = join(inputs.outDir, planFile);
      await writeJson(file, planJson(found, { workerDigest, ...size }, workshop.seconds));
      const build = sayPlan(workshop, found, file);
      const shards = size.shards + size.heavyShards;
      await summarize(planPage(found, { seconds: workshop.seconds, length, shards }));
      core.setOutput('plan-json', file);
      core.setOutput('build-count', build);
      // Merge takes from it what is reused, also where no shard runs.
      const reused = [...found.values()].flatMap((one) => (one.state === 'reuse' ? [one.result.key] : []));
      const index = writeIndex(workshop.index, new Set(reused));
      const beside = join(inputs.outDir, indexFile);
      if (hasCache()) await writeWhole(beside, index);
      else await rm(beside, { force: true });
      const exchange = findExchange(inputs, size.retentionDays);
      core.setOutput(
        'plan',
        exchange === undefined ? file : await sharePlan(workshop, file, index, exchange),
      );
      if (exchange !== undefined && inputs.shareToolchain)
        core.setOutput('toolchain', await shareOwnToolchain(workshop, exchange));
      putOutMatrices(size, inputs);
      const hasFault = [...found.values()].some(({ state }) => state === 'failed');
      // In a run all else is built, and merge, which finds the same faults, decides.
      if (hasFault && exchange === undefined) throw new AlreadyReportedError();
    });
  });
}

/** Says what would become of each package. Answers how many are certain to be built. */
function sayPlan(workshop: BuildContext, found: ReadonlyMap<string, PackagePlan>, file: string): number {
  const { log } = workshop.context;
  const sorted = [...found].sort(([a], [b]) => order(a, b));
  for (const [name, one] of sorted) {
    const spec = workshop.tree.graph.specs.get(name)?.path ?? '';
    const line = `${one.state.padEnd(6)} ${name}: ${one.reason}`;
    if (one.state === 'failed') log.error({ message: line, file: join(workshop.inputs.specsDir, spec) });
    else log.info(line);
  }
  const count = (state: PackagePlan['state']) => sorted.filter(([, one]) => one.state === state).length;
  const failed = count('failed') === 0 ? '' : `${count('failed')} cannot be built, `;
  log.info(
    `${count('build')} to build, ${count('maybe')} decided on the way, ${failed}${count('reuse')} reused. Plan: ${file}`,
  );
  saySizes(workshop, found);
  return count('build');
}

function putOutMatrices(size: RunSize, inputs: PlanInputs): void {
  const numbers = shardNumbers(size);
  core.setOutput('shards', size.shards);
  core.setOutput('matrix', JSON.stringify({ shard: numbers.ordinary }));
  core.setOutput('timeout-minutes', jobMinutes(timeBudgetOf(inputs)));
  core.setOutput('merge-timeout-minutes', mergeMinutes(timeBudgetOf(inputs)));
  core.setOutput('heavy-shards', size.heavyShards);
  core.setOutput('heavy-matrix', JSON.stringify({ shard: numbers.heavy }));
  core.setOutput('heavy-timeout-minutes', jobMinutes(heavyTimeBudgetOf(inputs)));
}

/** Says what of the store is taken, and what the jobs of this run will hand each other, as far as earlier runs tell. */
function saySizes({ index, context }: BuildContext, plan: ReadonlyMap<string, PackagePlan>): void {
  const known = newestResults(index);
  if (known.length === 0) return;
  const stored = known.map((one) => bytesStored(one, index.results.get(one.key)?.kept ?? 'nothing'));
  const moving = known.filter((one) => ['build', 'maybe'].includes(plan.get(one.package)?.state ?? ''));
  const sum = (bytes: readonly number[]) => `${Math.ceil(bytes.reduce((all, one) => all + one, 0) / 1e6)} MB`;
  context.log.info(
    `The store has ${stored.filter((bytes) => bytes > 0).length} packages, ${sum(stored)}. This run will exchange up to ${sum(moving.map(bytesOf))}.`,
  );
}

/** Hands on why the plan failed: the job that decides the run says it again. */
function tellWhy(message: string): void {
  core.setOutput('message', message.slice(0, longestMessage));
}

/** Hands the plan, with what it knows of the store, to the other jobs of the run. Answers its name there. */
async function sharePlan(
  workshop: BuildContext,
  file: string,
  index: string,
  exchange: Exchange,
): Promise<string> {
  const plan = planName(runAttempt());
  const made = await withFolder(workshop.inputs, async (dir) => {
    await copyFile(file, join(dir, planFile));
    await writeFile(join(dir, indexFile), index);
    return await exchange.create(plan, dir, [planFile, indexFile]);
  });
  // Nobody else makes it: where the name is taken and the artifact there, the answer to its creation was lost.
  if (made === undefined && (await exchange.find(plan)) === undefined)
    throw problem(`The name '${plan}' is taken in this run`, {
      hint: 'Run all jobs again; plan once in a run.',
    });
  return plan;
}

async function shareOwnToolchain(
  { toolchainDir, inputs, context }: BuildContext,
  exchange: Exchange,
): Promise<string> {
  const toolchain = toolchainName(runAttempt());
  await context.log.group('Sharing the toolchain', () =>
    shareToolchain(toolchainDir, toolchain, exchange, paths.exchange(inputs)),
  );
  return toolchain;
}
