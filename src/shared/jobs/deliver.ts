import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { ProblemsError } from '../base/problems.ts';
import type { BuildContext } from '../builder/build-context.ts';
import { causeLines } from '../builder/cause-lines.ts';
import { type CheckVerdict, checkLog, runChecks } from '../builder/checks.ts';
import { paths } from '../builder/paths.ts';
import { AlreadyReportedError } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import { jobName } from '../github/run.ts';
import type { Graph } from '../graph/graph.ts';
import { writeJson } from '../host/json-files.ts';
import type { Result } from '../model/build-result.ts';
import type { BuildInputs, MergeInputs } from '../model/inputs.ts';
import type { Outcome } from '../model/outcome.ts';
import { buildJson } from '../report/build-json.ts';
import { type SummaryFacts, summaryText, tally } from '../report/summary.ts';
import { summaryPage } from '../report/summary-page.ts';
import { publish, publishedPath } from '../rpm-repository/write/publish.ts';
import {
  type PublishedRepository,
  publishLogs,
  publishRepository,
} from '../rpm-repository/write/publish-artifacts.ts';
import { publishParts } from '../rpm-repository/write/publish-parts.ts';
import { storedWithoutDebug } from '../store/open-stored.ts';
import { filesWithoutDebug } from '../store/result-files.ts';
import { DamagedResultError, type Store } from '../store/store.ts';
import { ownRepository } from './open-tree.ts';

/** What other jobs of the run have to do with its end. */
export interface Shared
  extends Pick<SummaryFacts, 'spans' | 'bound' | 'nonReproducible' | 'builtAgain'>,
    Pick<MergeInputs, 'repositoryContent'> {
  /** The decisive lines of what failed there, by package, and the artifacts that hold its logs. */
  lines: ReadonlyMap<string, readonly string[]>;
  logs: ReadonlyMap<string, string>;
  /** The repository is published one part after the other, by results in this order: no disk holds all of it. */
  inParts: ((results: Result[]) => Result[]) | undefined;
}

/** A run of which nothing is to be built any more. */
export interface EndedRun {
  graph: Graph;
  outcomes: ReadonlyMap<string, Outcome>;
  /** The store of this machine. */
  local: Store;
}

/**
 * Ends a run: checks, the repository of what there is, build.json, the summary, the outputs. With `shared`, the
 * repository is published as artifacts, too.
 * @returns a report with an error when a package that was asked for is not there
 */
export async function deliver(
  context: BuildContext,
  { graph, outcomes, local }: EndedRun,
  inputs: Pick<BuildInputs, 'outDir' | 'runCheck' | 'concurrentPackageBuilds'> &
    Partial<Pick<MergeInputs, 'retentionDays'>>,
  started: number,
  shared?: Shared,
): Promise<JobReport> {
  const { log } = context;
  const repository = ownRepository(context);
  const verdicts = inputs.runCheck
    ? await runChecks(context, graph, outcomes, inputs.concurrentPackageBuilds)
    : [];
  const isPublished = ({ state }: Outcome) =>
    state === 'built' || (state === 'reused' && shared?.repositoryContent !== 'built');
  const results = [...outcomes.values()].flatMap((outcome) =>
    'result' in outcome && isPublished(outcome) ? [outcome.result] : [],
  );
  if (shared?.inParts === undefined) await publish(repository, context, results, [...outcomes.keys()]);
  const { lines, logs } = await failuresHere(context, outcomes, verdicts, shared);
  const logOf = (name: string) => logs.get(name);
  const checks = new Map(verdicts.map((verdict) => [verdict.package, verdict.passed]));
  const file = join(inputs.outDir, 'build.json');
  const lacking = await storedWithoutDebug(context.store, results);
  const publishedRpms = (outcome: Outcome) => {
    if (!('result' in outcome && isPublished(outcome))) return [];
    return lacking.has(outcome.result.package) ? filesWithoutDebug(outcome.result) : outcome.result.rpms;
  };
  const { nonReproducible = [], builtAgain = [] } = shared ?? {};
  const told = { pathOf: publishedPath, publishedRpms, checks, logOf, nonReproducible, builtAgain };
  await writeJson(file, buildJson(outcomes, told));

  const { retentionDays } = inputs;
  const inParts = shared?.inParts;
  const published =
    shared === undefined
      ? undefined
      : await publishedOrSaid(log, () =>
          inParts === undefined
            ? publishRepository(repository, retentionDays, log)
            : publishParts(repository, { ...context, local }, inParts(results), retentionDays),
        );
  const facts: SummaryFacts = {
    seconds: secondsSince(started, shared),
    failedChecks: verdicts
      .filter(({ passed }) => !passed)
      .map((verdict) => ({
        name: verdict.package,
        reason: verdict.reason ?? '%check failed',
        ...(verdict.log === undefined ? {} : { log: verdict.log }),
      })),
    linesOf: (name) => lines.get(name) ?? [],
    logOf,
    storedWithoutDebug: [...lacking],
    rpmsDir: join(inputs.outDir, 'RPMS'),
    artifacts: Object.values(published ?? {}).filter((name) => name !== ''),
    spans: shared?.spans ?? [],
    bound: shared?.bound,
    ...{ nonReproducible, builtAgain },
  };
  for (const line of summaryText(outcomes, facts)) log.info(line);
  const counts = tally(outcomes);
  const unpublished = shared !== undefined && published === undefined;
  const missing = counts.failed + counts.blocked + counts.left + facts.failedChecks.length;
  const complete = missing === 0 && !unpublished;
  return {
    outputs: {
      'rpms-dir': facts.rpmsDir,
      'srpms-dir': join(inputs.outDir, 'SRPMS'),
      'build-json': file,
      ...counts,
      ...artifactOutputs(published),
      complete,
    },
    page: summaryPage(outcomes, facts),
    error: complete ? undefined : new AlreadyReportedError(),
  };
}

/** The outputs that name the artifacts: `rpms-artifact` … */
function artifactOutputs(published: PublishedRepository | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(published ?? {}).map(([content, name]) => [`${content}-artifact`, name]),
  );
}

/** How long this attempt of the run took: from the first build of any job, or from the start of the only one. */
function secondsSince(started: number, shared: Shared | undefined): number {
  const own = (performance.now() - started) / 1000;
  const first = Math.min(...(shared?.spans ?? []).map((span) => span.started));
  return Math.max(own, Number.isFinite(first) ? Date.now() / 1000 - first : 0);
}

/** The decisive lines of what failed, here or elsewhere, and the artifacts with its logs. */
async function failuresHere(
  context: BuildContext,
  outcomes: ReadonlyMap<string, Outcome>,
  verdicts: readonly CheckVerdict[],
  shared: Shared | undefined,
): Promise<{ lines: Map<string, readonly string[]>; logs: Map<string, string> }> {
  const [lines, logs] = [new Map(shared?.lines), new Map(shared?.logs)];
  const failed: string[] = [];
  for (const [name, outcome] of outcomes) {
    if (outcome.state !== 'failed' || outcome.log === undefined) continue;
    lines.set(name, causeLines(await readFile(outcome.log, 'utf8').catch(() => '')));
    failed.push(name);
  }
  const checks = verdicts.filter(({ log }) => log !== undefined).map((verdict) => verdict.package);
  const files = [...failed, ...checks.map(checkLog)];
  const published = await publishLogs(paths.logs(context.inputs), jobName(), files, context.log);
  for (const name of [...failed, ...checks]) {
    const artifact = published.get(name) ?? published.get(checkLog(name));
    if (artifact !== undefined) logs.set(name, artifact);
  }
  return { lines, logs };
}

/** The names of the artifacts; undefined when they cannot be published, which is said. */
async function publishedOrSaid(
  log: Log,
  publishing: () => Promise<PublishedRepository>,
): Promise<PublishedRepository | undefined> {
  try {
    return await publishing();
  } catch (error) {
    if (!(error instanceof ProblemsError || error instanceof DamagedResultError)) throw error;
    for (const one of error instanceof ProblemsError ? error.problems : [error.message]) log.error(one);
    return undefined;
  }
}
