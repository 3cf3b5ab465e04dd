import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as core from '@actions/core';
import { SaidFailure } from '../../../src/shared/github/action.ts';
import { writeJson } from '../../../src/shared/host/files.ts';
import type { Outcome } from '../../../src/shared/plan/state.ts';
import { buildJson } from '../../../src/shared/report/build-json.ts';
import { decisiveLines } from '../../../src/shared/report/log-lines.ts';
import { summaryMarkdown, summaryText, tally } from '../../../src/shared/report/summary.ts';
import { runChecks } from './checks.ts';
import type { BuildInputs } from './inputs.ts';
import { publish, publishedPath } from './publish.ts';
import type { Workshop } from './workshop.ts';

/**
 * Ends a run: checks, the repository of what there is, build.json, the summary, the outputs.
 * @param known the decisive lines of failures of other jobs, by package
 * @throws SaidFailure when not everything that was asked for is there
 */
export async function deliver(
  workshop: Workshop,
  outcomes: Map<string, Outcome>,
  inputs: Pick<BuildInputs, 'outDir' | 'runCheck' | 'concurrentPackageBuilds'>,
  started: number,
  known: ReadonlyMap<string, readonly string[]> = new Map(),
): Promise<void> {
  const { log } = workshop.context;
  const verdicts = inputs.runCheck ? await runChecks(workshop, outcomes, inputs.concurrentPackageBuilds) : [];
  const results = [...outcomes.values()].flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  await publish(workshop, results, [...outcomes.keys()]);
  const checks = new Map(verdicts.map((verdict) => [verdict.package, verdict.passed]));
  await writeJson(join(inputs.outDir, 'build.json'), buildJson(outcomes, publishedPath, checks));

  const lines = new Map(known);
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
  for (const line of summaryText(outcomes, facts)) log.info(line);
  await summarize(summaryMarkdown(outcomes, facts));
  const counts = tally(outcomes);
  core.setOutput('rpms-dir', facts.rpmsDir);
  core.setOutput('srpms-dir', join(inputs.outDir, 'SRPMS'));
  core.setOutput('build-json', join(inputs.outDir, 'build.json'));
  for (const [state, number] of Object.entries(counts)) core.setOutput(state, number);
  if (counts.failed + counts.blocked + counts.left > 0 || facts.failedChecks.length > 0)
    throw new SaidFailure();
}

/** Writes to the job's summary page, where there is one. */
export async function summarize(markdown: string): Promise<void> {
  if ((process.env['GITHUB_STEP_SUMMARY'] ?? '') !== '') await core.summary.addRaw(markdown).write();
}
