import { copyFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import type { Told } from '../../../src/shared/exchange/alive.ts';
import { type ActionContext, runAction, SaidFailure } from '../../../src/shared/github/action.ts';
import { runAttempt } from '../../../src/shared/github/run.ts';
import { order } from '../../../src/shared/graph/graph.ts';
import { statedNeeds } from '../../../src/shared/graph/stated.ts';
import { writeJson } from '../../../src/shared/host/files.ts';
import { needs } from '../../../src/shared/host/packages.ts';
import type { Outcome, Planned } from '../../../src/shared/plan/state.ts';
import { problem } from '../../../src/shared/problems.ts';
import { planJson } from '../../../src/shared/report/build-json.ts';
import { planPage, shardPage } from '../../../src/shared/report/summary-page.ts';
import { boundOf } from '../../../src/shared/report/timeline.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { indexFile, writeIndex } from '../../../src/shared/store/store-index.ts';
import { shareToolchain, toolchainName } from '../../../src/shared/toolchain/share.ts';
import { deliver, summarize } from './deliver.ts';
import { failedPlan } from './failed-plan.ts';
import {
  type BuildInputs,
  type PlanInputs,
  readBuildInputs,
  readMergeInputs,
  readPlanEnd,
  readPlanInputs,
  readTreeInputs,
} from './inputs.ts';
import { checkRoom, cleanUp, failureLines, failureLogs, openAll, outcomesOf, spansOf } from './merged-run.ts';
import { findExchange } from './open-exchange.ts';
import { packSrpm, stage } from './pack-srpm.ts';
import { withFolder } from './passing-files.ts';
import { places } from './places.ts';
import { publishSrpm } from './publish.ts';
import { publishLogs } from './publish-artifacts.ts';
import { planBuilds, runBuilds } from './run-builds.ts';
import { runShard } from './run-shard.ts';
import { joinRun, planFile, planName } from './shared-run.ts';
import { isHeavyShard, shardNumbers, sizeRun } from './size-run.ts';
import { fetchSources } from './source-digests.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** Characters of a message for other jobs: all outputs of a job share a megabyte. */
const longestMessage = 20_000;

const building = [...needs.toolchain, ...needs.packages];

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
  const log = await publishLogs(
    view.workshop,
    id,
    failed.map((one) => one.package),
  );
  const shown = failed.map((one) => ({ ...one, name: one.package, log, blocks: [] }));
  await summarize(shardPage(id, built, shown));
  view.workshop.context.log.info(`Shard ${id}: ${built.length} built, ${failed.length} failed.`);
  core.setOutput('built', built.length);
  core.setOutput('failed', failed.length);
}

/** `build-packages/merge`: what the shards of a run made becomes one repository. */
export async function merge(): Promise<void> {
  const failed = failedPlan(readPlanEnd());
  if (failed !== undefined)
    return await runAction([], async () => {
      await summarize(failed.page);
      throw problem(failed.message);
    });
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readMergeInputs();
    const { repository } = inputs;
    await using(context, inputs, false, async (opened) => {
      const { view, plan, terms, attempt } = await joinRun(opened, inputs, availableParallelism());
      await checkRoom(view, opened.local, repository);
      const lost = await openAll(view, repository);
      if ((attempt > 1 || lost) && view.candidates().length > 0) {
        // "Re-run failed jobs" starts this job alone: then it is the shard, too. What the store lost since the plan is
        // built here as well.
        const id = plan.entries + plan.heavyEntries + attempt;
        const alone = { peers: { first: id, last: id }, most: 1, takes: () => true };
        await runShard(view, { id, attempt, terms, ...alone });
        await openAll(view, repository);
      }
      for (const [name, rpms] of view.known.unlike)
        context.log.warn(
          `${name} is not reproducible: two builds of one key differ in ${rpms}. The first counts.`,
        );
      const outcomes = outcomesOf(view);
      await rememberResults(opened, outcomes);
      const spans = spansOf(view);
      const needsOf = (name: string) => [...statedNeeds(view.options.tree.graph, name).keys()];
      await deliver(view.workshop, outcomes, inputs, started, {
        ...{ repository, lines: failureLines(view), logs: await failureLogs(view, attempt), spans },
        // Between two attempts lies what no schedule can help.
        bound: attempt === 1 ? boundOf(spans, needsOf, plan.shards + plan.heavyShards) : undefined,
      });
      await cleanUp(view);
    });
  });
}

/** `build-packages/plan`: what would be built, and why, and by how many shards. */
export async function plan(): Promise<void> {
  await runAction(
    building,
    async (context) => {
      const inputs = readPlanInputs();
      await using(context, inputs, true, async (workshop) => {
        const found = await planBuilds(workshop);
        const file = join(inputs.outDir, 'plan.json');
        const size = sizeRun(found, workshop, inputs);
        const { workerDigest } = workshop.tree.toolchain;
        await writeJson(file, planJson(found, { workerDigest, ...size }, workshop.seconds));
        const sorted = [...found].sort(([a], [b]) => order(a, b));
        for (const [name, one] of sorted) context.log.info(`${one.state.padEnd(6)} ${name}: ${one.reason}`);
        const count = (state: Planned['state']) => sorted.filter(([, one]) => one.state === state).length;
        const failed = count('failed') === 0 ? '' : `${count('failed')} cannot be built, `;
        context.log.info(
          `${count('build')} to build, ${count('maybe')} decided on the way, ${failed}${count('reuse')} reused. Plan: ${file}`,
        );
        await summarize(planPage(found, { seconds: workshop.seconds, length, shards }));
        core.setOutput('plan-json', file);
        const shared = await share(inputs, workshop, file);
        core.setOutput('plan', shared.plan);
        core.setOutput('toolchain', shared.toolchain);
        core.setOutput('build-count', count('build'));
        const numbers = shardNumbers(size);
        core.setOutput('shards', size.shards);
        core.setOutput('matrix', JSON.stringify({ shard: numbers.ordinary }));
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

/** Tells later runs what this one has, also where something of it failed. */
async function rememberResults(workshop: Workshop, outcomes: ReadonlyMap<string, Outcome>): Promise<void> {
  await workshop.remember([...outcomes.values()].flatMap((one) => ('result' in one ? [one.result] : [])));
}

/** `build-packages/srpms`: fetches and checks all sources, packs them. */
export async function srpms(): Promise<void> {
  await runAction(building, async (context) => {
    const inputs = readTreeInputs();
    await using(context, inputs, false, async (workshop) => {
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

/** @param plans whether this job finds out what the store has */
async function using(
  context: ActionContext,
  inputs: Parameters<typeof openWorkshop>[0],
  plans: boolean,
  body: (workshop: Workshop) => Promise<void>,
): Promise<void> {
  const workshop = await openWorkshop(inputs, context, plans);
  try {
    await body(workshop);
  } finally {
    await workshop.close();
  }
}
