import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as core from '@actions/core';
import { type ActionContext, runAction, SaidFailure } from '../../../src/shared/github/action.ts';
import { order } from '../../../src/shared/graph/graph.ts';
import { writeJson } from '../../../src/shared/host/files.ts';
import { needs } from '../../../src/shared/host/packages.ts';
import type { Planned } from '../../../src/shared/plan/state.ts';
import { buildJson, planJson } from '../../../src/shared/report/build-json.ts';
import { decisiveLines } from '../../../src/shared/report/log-lines.ts';
import { summaryMarkdown, summaryText, tally } from '../../../src/shared/report/summary.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { runChecks } from './checks.ts';
import { readBuildInputs, readTreeInputs } from './inputs.ts';
import { packSrpm, stage } from './pack-srpm.ts';
import { publish, publishedPath, publishSrpm } from './publish.ts';
import { planBuilds, runBuilds } from './run-builds.ts';
import { fetchSources } from './source-digests.ts';
import { openWorkshop, places, type Workshop } from './workshop.ts';

const building = [...needs.toolchain, ...needs.packages];

/** `build-packages`: plans and builds everything in one job. */
export async function main(): Promise<void> {
  await runAction(building, async (context) => {
    const started = performance.now();
    const inputs = readBuildInputs();
    await using(context, inputs, async (workshop) => {
      const outcomes = await runBuilds(workshop, inputs.concurrentPackageBuilds);
      const verdicts = inputs.runCheck
        ? await runChecks(workshop, outcomes, inputs.concurrentPackageBuilds)
        : [];
      const results = [...outcomes.values()].flatMap((outcome) =>
        'result' in outcome ? [outcome.result] : [],
      );
      await publish(workshop, results, [...outcomes.keys()]);
      const checks = new Map(verdicts.map((verdict) => [verdict.package, verdict.passed]));
      await writeJson(join(inputs.outDir, 'build.json'), buildJson(outcomes, publishedPath, checks));

      const lines = new Map<string, string[]>();
      for (const [name, outcome] of outcomes) {
        if (outcome.state !== 'failed' || outcome.log === undefined) continue;
        lines.set(name, decisiveLines(await readFile(outcome.log, 'utf8').catch(() => '')));
      }
      const facts = {
        seconds: (performance.now() - started) / 1000,
        failedChecks: verdicts
          .filter(({ passed }) => !passed)
          .map((verdict) => ({
            name: verdict.package,
            reason: verdict.reason ?? '%check failed',
            ...(verdict.log === undefined ? {} : { log: verdict.log }),
          })),
        linesOf: (name: string) => lines.get(name) ?? [],
        rpmsDir: join(inputs.outDir, 'RPMS'),
      };
      for (const line of summaryText(outcomes, facts)) context.log.info(line);
      await summarize(summaryMarkdown(outcomes, facts));
      const counts = tally(outcomes);
      core.setOutput('rpms-dir', facts.rpmsDir);
      core.setOutput('srpms-dir', join(inputs.outDir, 'SRPMS'));
      core.setOutput('build-json', join(inputs.outDir, 'build.json'));
      for (const [state, number] of Object.entries(counts)) core.setOutput(state, number);
      if (counts.failed + counts.blocked + counts.left > 0 || facts.failedChecks.length > 0)
        throw new SaidFailure();
    });
  });
}

/** `build-packages/plan`: what would be built, and why. */
export async function plan(): Promise<void> {
  await runAction(building, async (context) => {
    const inputs = readTreeInputs();
    await using(context, inputs, async (workshop) => {
      const found = await planBuilds(workshop);
      const file = join(inputs.outDir, 'plan.json');
      await writeJson(file, planJson(found));
      const sorted = [...found].sort(([a], [b]) => order(a, b));
      for (const [name, one] of sorted) context.log.info(`${one.state.padEnd(6)} ${name}: ${one.reason}`);
      const count = (state: Planned['state']) => sorted.filter(([, one]) => one.state === state).length;
      const failed = count('failed') === 0 ? '' : `${count('failed')} cannot be built, `;
      context.log.info(
        `${count('build')} to build, ${count('maybe')} decided on the way, ${failed}${count('reuse')} reused. Plan: ${file}`,
      );
      core.setOutput('plan-json', file);
      core.setOutput('build-count', count('build'));
      if (failed !== '') throw new SaidFailure();
    });
  });
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

async function summarize(markdown: string): Promise<void> {
  if ((process.env['GITHUB_STEP_SUMMARY'] ?? '') !== '') await core.summary.addRaw(markdown).write();
}
