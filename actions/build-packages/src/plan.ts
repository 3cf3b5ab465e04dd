import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as core from '@actions/core';
import { runAction, SaidFailure } from '../../../src/shared/github/action.ts';
import { runAttempt } from '../../../src/shared/github/run.ts';
import { order } from '../../../src/shared/graph/graph.ts';
import { writeJson } from '../../../src/shared/host/files.ts';
import type { Planned } from '../../../src/shared/plan/state.ts';
import { problem } from '../../../src/shared/problems.ts';
import { planJson } from '../../../src/shared/report/build-json.ts';
import { planPage } from '../../../src/shared/report/summary-page.ts';
import { jobMinutes } from '../../../src/shared/schedule/size.ts';
import { indexFile, writeIndex } from '../../../src/shared/store/store-index.ts';
import { shareToolchain, toolchainName } from '../../../src/shared/toolchain/share.ts';
import { summarize } from './deliver.ts';
import { heavyTimeBudgetOf, type PlanInputs, readPlanInputs, timeBudgetOf } from './inputs.ts';
import { findExchange } from './open-exchange.ts';
import { building, using } from './open-tree.ts';
import { withFolder } from './passing-files.ts';
import { places } from './places.ts';
import { planBuilds } from './run-builds.ts';
import { planFile, planName } from './shared-run.ts';
import { shardNumbers, sizeRun } from './size-run.ts';
import type { Workshop } from './workshop.ts';

/** Characters of a message for other jobs: all outputs of a job share a megabyte. */
const longestMessage = 20_000;

/** `build-packages/plan`: what would be built, and why, and by how many shards. */
export async function plan(): Promise<void> {
  await runAction(
    building,
    async (context) => {
      const inputs = readPlanInputs();
      await using(context, inputs, true, async (workshop) => {
        const found = await planBuilds(workshop);
        const file = join(inputs.outDir, 'plan.json');
        const { length, ...size } = sizeRun(found, workshop, inputs);
        const { workerDigest } = workshop.tree.toolchain;
        await writeJson(file, planJson(found, { workerDigest, ...size }, workshop.seconds));
        const sorted = [...found].sort(([a], [b]) => order(a, b));
        for (const [name, one] of sorted) context.log.info(`${one.state.padEnd(6)} ${name}: ${one.reason}`);
        const count = (state: Planned['state']) => sorted.filter(([, one]) => one.state === state).length;
        const failed = count('failed') === 0 ? '' : `${count('failed')} cannot be built, `;
        context.log.info(
          `${count('build')} to build, ${count('maybe')} decided on the way, ${failed}${count('reuse')} reused. Plan: ${file}`,
        );
        await summarize(
          planPage(found, { seconds: workshop.seconds, length, shards: size.shards + size.heavyShards }),
        );
        core.setOutput('plan-json', file);
        const shared = await share(inputs, workshop, file);
        core.setOutput('plan', shared.plan);
        core.setOutput('toolchain', shared.toolchain);
        core.setOutput('build-count', count('build'));
        const numbers = shardNumbers(size);
        core.setOutput('shards', size.shards);
        core.setOutput('matrix', JSON.stringify({ shard: numbers.ordinary }));
        core.setOutput('timeout-minutes', jobMinutes(timeBudgetOf(inputs)));
        core.setOutput('heavy-timeout-minutes', jobMinutes(heavyTimeBudgetOf(inputs)));
        core.setOutput('heavy-shards', size.heavyShards);
        core.setOutput('heavy-matrix', JSON.stringify({ shard: numbers.heavy }));
        const faults = sorted.flatMap(([name, one]) =>
          one.state === 'failed' ? [`${name}: ${one.reason}`] : [],
        );
        if (failed !== '') throw new SaidFailure(faults.join('\n'));
      });
    },
    tellWhy,
  );
}

/** Hands on why the plan failed: the job that decides the run says it again. */
function tellWhy(message: string): void {
  core.setOutput('message', message.slice(0, longestMessage));
}

/**
 * Hands the plan, and with `share-toolchain` the toolchain, to the other jobs of the run, where there are any. Answers
 * what they give as `plan` and `toolchain`.
 */
async function share(
  inputs: PlanInputs,
  workshop: Workshop,
  file: string,
): Promise<{ plan: string; toolchain: string }> {
  const exchange = findExchange(inputs);
  if (exchange === undefined) return { plan: file, toolchain: '' };
  const plan = planName(runAttempt());
  const made = await withFolder(inputs, async (dir) => {
    await copyFile(file, join(dir, planFile));
    await writeFile(join(dir, indexFile), writeIndex(workshop.index));
    return await exchange.create(plan, dir, [planFile, indexFile]);
  });
  // Nobody else makes it: where the name is taken and the artifact there, the answer to its creation was lost.
  if (made === undefined && (await exchange.find(plan)) === undefined)
    throw problem(`The name '${plan}' is taken in this run`, {
      mend: 'Run all jobs again; plan once in a run.',
    });
  if (!inputs.shareToolchain) return { plan, toolchain: '' };
  const toolchain = toolchainName(runAttempt());
  await workshop.context.log.group('Sharing the toolchain', () =>
    shareToolchain(workshop.toolchainDir, toolchain, exchange, places.exchange(inputs)),
  );
  return { plan, toolchain };
}
