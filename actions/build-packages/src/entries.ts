import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import type { Told } from '../../../src/shared/exchange/alive.ts';
import { artifactExchange } from '../../../src/shared/exchange/artifacts.ts';
import { type ActionContext, runAction, SaidFailure } from '../../../src/shared/github/action.ts';
import { order } from '../../../src/shared/graph/graph.ts';
import { statedNeeds } from '../../../src/shared/graph/stated.ts';
import { writeJson } from '../../../src/shared/host/files.ts';
import { needs } from '../../../src/shared/host/packages.ts';
import type { Planned } from '../../../src/shared/plan/state.ts';
import { problem } from '../../../src/shared/problems.ts';
import { planJson } from '../../../src/shared/report/build-json.ts';
import { clock } from '../../../src/shared/report/duration.ts';
import { markdownTable } from '../../../src/shared/report/markdown.ts';
import { forecast, shardsThatHelp } from '../../../src/shared/schedule/forecast.ts';
import { defaultShards, matrixEntries } from '../../../src/shared/schedule/size.ts';
import { defaultTerms } from '../../../src/shared/schedule/terms.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { deliver, summarize } from './deliver.ts';
import {
  type BuildInputs,
  type PlanInputs,
  readBuildInputs,
  readMergeInputs,
  readPlanInputs,
  readTreeInputs,
  termsOf,
} from './inputs.ts';
import { likelyTasks } from './likely-tasks.ts';
import { packSrpm, stage } from './pack-srpm.ts';
import { publishSrpm } from './publish.ts';
import { planBuilds, runBuilds } from './run-builds.ts';
import { runShard } from './run-shard.ts';
import { RunView } from './run-view.ts';
import { hasArtifacts, joinRun, planName, runAttempt } from './shared-run.ts';
import { fetchSources } from './source-digests.ts';
import { openWorkshop, places, type Workshop } from './workshop.ts';

const building = [...needs.toolchain, ...needs.packages];

/** `build-packages`: plans and builds everything in one job; with `shard`, what other shards of a run leave to it. */
export async function main(): Promise<void> {
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readBuildInputs();
    await using(context, inputs, async (workshop) => {
      if (inputs.shard !== undefined) return await pull(workshop, inputs, inputs.shard);
      const outcomes = await runBuilds(workshop, inputs.concurrentPackageBuilds);
      await deliver(workshop, outcomes, inputs, started);
    });
  });
}

/** One shard of a run. What fails here is the run's affair: merge decides. */
async function pull(opened: Workshop, inputs: BuildInputs, id: number): Promise<void> {
  const { workshop, plan, exchange, attempt } = await joinRun(opened, inputs);
  const view = new RunView(workshop, exchange, attempt);
  const terms = termsOf(inputs, inputs.concurrentPackageBuilds ?? 1);
  const options = { id, attempt, terms, entries: plan.entries, most: plan.shards };
  const own = [...(await runShard(view, exchange, options)).values()];
  const rows = own.map((one) => [one.package, one.state, one.reason, clock(one.seconds)]);
  await summarize(`### Shard ${id}\n\n${markdownTable(['package', 'state', 'why', 'time'], rows)}\n`);
  const count = (state: Told['state']) => own.filter((one) => one.state === state).length;
  workshop.context.log.info(`Shard ${id}: ${count('built')} built, ${count('failed')} failed.`);
  core.setOutput('built', count('built'));
  core.setOutput('failed', count('failed'));
}

/** `build-packages/merge`: what the shards of a run made becomes one repository. */
export async function merge(): Promise<void> {
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readMergeInputs();
    await using(context, inputs, async (opened) => {
      const { workshop, plan, exchange, attempt } = await joinRun(opened, inputs);
      const view = new RunView(workshop, exchange, attempt);
      await view.readAll();
      await view.openAll();
      if (attempt > 1 && view.candidates().length > 0) {
        // "Re-run failed jobs" starts this job alone: then it is the shard, too.
        const terms = termsOf(inputs, inputs.concurrentPackageBuilds ?? availableParallelism());
        await runShard(view, exchange, { id: plan.entries + attempt, attempt, terms, entries: 0, most: 1 });
        await view.openAll();
      }
      for (const [name, rpms] of view.known.unlike)
        context.log.warn(
          `${name} is not reproducible: two builds of one key differ in ${rpms}. The first counts.`,
        );
      await deliver(view.workshop, view.outcomes(), inputs, started, view.failureLines());
      await view.cleanUp();
    });
  });
}

/** `build-packages/plan`: what would be built, and why, and by how many shards. */
export async function plan(): Promise<void> {
  await runAction(building, async (context) => {
    const inputs = readPlanInputs();
    await using(context, inputs, async (workshop) => {
      const found = await planBuilds(workshop);
      const file = join(inputs.outDir, 'plan.json');
      const tasks = likelyTasks(found, workshop.seconds, (name) => [
        ...statedNeeds(workshop.tree.graph, name).keys(),
      ]);
      const shards = shardsThatHelp(tasks, inputs.maxShards ?? defaultShards);
      const length = forecast(tasks, Math.max(1, shards));
      const budget = inputs.timeBudget === undefined ? defaultTerms.timeBudget : inputs.timeBudget * 60;
      const entries = matrixEntries(shards, length, budget);
      const { workerDigest } = workshop.tree.toolchain;
      await writeJson(file, planJson(found, { workerDigest, shards, entries }, workshop.seconds));
      const sorted = [...found].sort(([a], [b]) => order(a, b));
      for (const [name, one] of sorted) context.log.info(`${one.state.padEnd(6)} ${name}: ${one.reason}`);
      const count = (state: Planned['state']) => sorted.filter(([, one]) => one.state === state).length;
      const failed = count('failed') === 0 ? '' : `${count('failed')} cannot be built, `;
      context.log.info(
        `${count('build')} to build, ${count('maybe')} decided on the way, ${failed}${count('reuse')} reused. Plan: ${file}`,
      );
      core.setOutput('plan-json', file);
      core.setOutput('plan', await sharePlan(inputs, file));
      core.setOutput('build-count', count('build'));
      core.setOutput('shards', shards);
      core.setOutput('matrix', JSON.stringify({ shard: Array.from({ length: entries }, (_, at) => at + 1) }));
      if (failed !== '') throw new SaidFailure();
    });
  });
}

/** Hands the plan to the other jobs of the workflow run, where there is one. Answers what they give as `plan`. */
async function sharePlan(inputs: PlanInputs, file: string): Promise<string> {
  if (!hasArtifacts()) return file;
  const name = planName(runAttempt());
  const shared = await artifactExchange(places.exchange(inputs)).create(name, inputs.outDir, ['plan.json']);
  if (shared === undefined)
    throw problem(`This run has an artifact '${name}' already`, { mend: 'Plan once in a run.' });
  return name;
}

/** `build-packages/srpms`: fetches and checks all sources, packs them. */
export async function srpms(): Promise<void> {
  await runAction(building, async (context) => {
    const inputs = readTreeInputs();
    await using(context, inputs, async (workshop) => {
      for (const [index, name] of workshop.names.entries()) {
        const spec = workshop.tree.graph.specs.get(name) as Spec;
        context.log.progress(`[${index}/${workshop.names.length}] ${name}`);
        const staging = await stage(workshop, spec, await fetchSources(workshop, spec));
        const srpm = await packSrpm(workshop, spec, staging, join(places.logs(inputs), `${name}.srpm.log`));
        context.log.info(await publishSrpm(workshop, name, srpm));
      }
      core.setOutput('srpms-dir', join(inputs.outDir, 'SRPMS'));
    });
  });
}

async function using(
  context: ActionContext,
  inputs: Parameters<typeof openWorkshop>[0],
  body: (workshop: Workshop) => Promise<void>,
): Promise<void> {
  const workshop = await openWorkshop(inputs, context);
  try {
    await body(workshop);
  } finally {
    await workshop.close();
  }
}
