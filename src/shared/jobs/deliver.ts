import { join } from 'node:path';
import { order } from '../base/order.ts';
import { type Problem, ProblemsError } from '../base/problems.ts';
import { type BuildContext, paths } from '../builder/build-context.ts';
import { type CheckVerdict, checkLog, runChecks } from '../builder/checks.ts';
import { readFailure } from '../builder/log-failure.ts';
import { AlreadyReportedError } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import { jobName } from '../github/run.ts';
import type { Graph } from '../graph/graph.ts';
import { writeJson } from '../host/json-files.ts';
import type { Result } from '../model/build-result.ts';
import type { BuildInputs, MergeInputs } from '../model/inputs.ts';
import { inToolchain, type Outcome } from '../model/outcome.ts';
import { unmetRequirements } from '../planner/resolve.ts';
import { buildJson } from '../report/build-json.ts';
import { type SummaryFacts, summaryText, tally } from '../report/summary.ts';
import { summaryPage } from '../report/summary-page.ts';
import type { Span } from '../report/timeline.ts';
import { type OwnRepository, publish, publishedPath } from '../rpm-repository/write/publish.ts';
import {
  type PublishedRepository,
  publishLogs,
  publishRepository,
} from '../rpm-repository/write/publish-artifacts.ts';
import { publishParts } from '../rpm-repository/write/publish-parts.ts';
import { filesWithoutDebug } from '../store/result-files.ts';
import { DamagedResultError, type Store, storedWithoutDebug } from '../store/store.ts';
import { unmetInTree } from './check-tree.ts';
import { publishedRun, referencesOf } from './references.ts';
import { logTreeErrors } from './report-tree.ts';

/** Facts about the other jobs of a run that several jobs share. */
export interface SharedFacts
  extends Pick<SummaryFacts, 'spans' | 'bound' | 'nonReproducible' | 'builtAgain'>,
    Pick<MergeInputs, 'repositoryContent'> {
  /** The cause lines of their failures, and the artifacts with the logs, by package. */
  lines: ReadonlyMap<string, readonly string[]>;
  logs: ReadonlyMap<string, string>;
  /** Where no disk holds the whole repository: the order in which results are published, part by part. */
  inParts: ((results: Result[]) => Result[]) | undefined;
}

/** A run of which nothing is to be built any more. */
export interface EndedRun {
  graph: Graph;
  outcomes: ReadonlyMap<string, Outcome>;
  /** The store of this machine. */
  local: Store;
}

type DeliverInputs = Pick<BuildInputs, 'outDir' | 'runCheck' | 'concurrentPackageBuilds'> &
  Partial<Pick<MergeInputs, 'retentionDays'>>;

/**
 * Ends a run: checks, repository, build.json, summary. With `shared`, the repository is published as artifacts, too.
 * @param started of this job, by `performance.now`
 * @returns a report with an error when a package that was asked for is not there
 */
export async function deliver(
  context: BuildContext,
  ended: EndedRun,
  inputs: DeliverInputs,
  started: number,
  shared?: SharedFacts,
): Promise<JobReport> {
  const outcomes = new Map<string, Outcome>([
    ...context.run.prebuilt.map((name) => [name, { state: 'reused', reason: inToolchain }] as const),
    ...ended.outcomes,
  ]);
  const verdicts = inputs.runCheck
    ? await runChecks(context, ended.graph, outcomes, inputs.concurrentPackageBuilds)
    : [];
  const results = publishedResults(outcomes, shared?.repositoryContent);
  if (shared?.inParts === undefined)
    await publish(ownRepository(context), context, results, [...outcomes.keys()]);
  const { lines, logs } = await failuresOf(context, outcomes, verdicts, shared);
  const withoutDebug = await storedWithoutDebug(context.store, results);
  const { nonReproducible = [], builtAgain = [], spans = [], bound } = shared ?? {};
  const logOf = (name: string) => logs.get(name);
  const file = join(inputs.outDir, 'build.json');
  const published = new Map(
    results.map((one) => [one.package, withoutDebug.has(one.package) ? filesWithoutDebug(one) : one.rpms]),
  );
  const publishedRpms = (outcome: Outcome) =>
    'result' in outcome ? (published.get(outcome.result.package) ?? []) : [];
  const checks = new Map(verdicts.map((verdict) => [verdict.package, verdict.passed]));
  const facts = { pathOf: publishedPath, publishedRpms, checks, logOf, nonReproducible, builtAgain };
  await writeJson(file, buildJson(outcomes, facts));
  const artifacts = await publishAsArtifacts(context, ended.local, inputs, results, shared);
  const names = Object.entries(artifacts ?? {});
  const summary: SummaryFacts = {
    seconds: secondsSince(started, spans),
    failedChecks: verdicts.flatMap(
      ({ package: name, passed, reason = '%check failed', kind, log, lines = [] }) =>
        passed ? [] : [{ name, reason, kind, log, lines }],
    ),
    linesOf: (name) => lines.get(name) ?? [],
    storedWithoutDebug: [...withoutDebug],
    rpmsDir: join(inputs.outDir, 'RPMS'),
    artifacts: names.map(([, name]) => name).filter((name) => name !== ''),
    ...{ logOf, spans, bound, nonReproducible, builtAgain },
  };
  for (const line of summaryText(outcomes, summary)) context.log.info(line);
  for (const one of unmetOf(context, ended)) context.log.error(one);
  logTreeErrors(outcomes, context.log);
  const counts = tally(outcomes);
  const isHad = (name: string) => ['built', 'reused'].includes(outcomes.get(name)?.state ?? '');
  const isWhole = context.run.goals.every(isHad) && summary.failedChecks.length === 0;
  const surplus = [...outcomes.keys()].filter((name) => !isHad(name)).sort(order);
  if (isWhole && surplus.length > 0)
    context.log.warn(`Not built, and needed by nothing that was asked for: ${surplus.join(', ')}`);
  const complete = isWhole && (shared === undefined || artifacts !== undefined);
  return {
    outputs: {
      'rpms-dir': summary.rpmsDir,
      'srpms-dir': join(inputs.outDir, 'SRPMS'),
      'build-json': file,
      ...counts,
      ...Object.fromEntries(names.map(([content, name]) => [`${content}-artifact`, name])),
      complete,
      'cache-hit': complete && counts.built === 0,
    },
    page: summaryPage(outcomes, summary, {
      ...(await referencesOf(context)),
      repository: publishedRun(artifacts?.rpms),
    }),
    error: complete ? undefined : new AlreadyReportedError(),
  };
}

/** All requirements that the results of the run show to be unmet: also of packages that failed for another reason. */
function unmetOf(context: BuildContext, { graph, outcomes }: EndedRun): Problem[] {
  const unmet = [...outcomes].flatMap(([name, one]) =>
    'result' in one || context.run.failures.has(name) ? [] : unmetRequirements(graph, name),
  );
  return unmetInTree(context.tree, unmet);
}

/** The results that the repository holds. */
function publishedResults(
  outcomes: ReadonlyMap<string, Outcome>,
  content: MergeInputs['repositoryContent'] = 'full',
): Result[] {
  return [...outcomes.values()].flatMap((outcome) =>
    'result' in outcome && (outcome.state === 'built' || content === 'full') ? [outcome.result] : [],
  );
}

/**
 * Publishes the repository of a run that several jobs share.
 * @returns the names of the artifacts; undefined when there are none, or when they cannot be published, which is logged
 */
async function publishAsArtifacts(
  context: BuildContext,
  local: Store,
  { retentionDays }: DeliverInputs,
  results: Result[],
  shared: SharedFacts | undefined,
): Promise<PublishedRepository | undefined> {
  if (shared === undefined) return undefined;
  const { log } = context;
  const { inParts } = shared;
  const repository = ownRepository(context);
  try {
    return inParts === undefined
      ? await publishRepository(repository, retentionDays, log)
      : await publishParts(repository, { ...context, local }, inParts(results), retentionDays);
  } catch (error) {
    if (!(error instanceof ProblemsError || error instanceof DamagedResultError)) throw error;
    for (const one of error instanceof ProblemsError ? error.problems : [error.message]) log.error(one);
    return undefined;
  }
}

/** Seconds of this attempt of the run: since the first build of any job, or since the start of the only one. */
function secondsSince(started: number, spans: readonly Span[]): number {
  const own = (performance.now() - started) / 1000;
  const first = Math.min(...spans.map((span) => span.started));
  return Math.max(own, Number.isFinite(first) ? Date.now() / 1000 - first : 0);
}

/** The cause lines of all failures and the artifacts with their logs, by package. Publishes the logs of this job. */
async function failuresOf(
  context: BuildContext,
  outcomes: ReadonlyMap<string, Outcome>,
  verdicts: readonly CheckVerdict[],
  shared: SharedFacts | undefined,
): Promise<{ lines: Map<string, readonly string[]>; logs: Map<string, string> }> {
  const [lines, logs] = [new Map(shared?.lines), new Map(shared?.logs)];
  const failed: string[] = [];
  for (const [name, outcome] of outcomes) {
    if (outcome.state !== 'failed' || outcome.log === undefined) continue;
    lines.set(name, (await readFailure(outcome.log)).lines);
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

/** The repository of a context's tree. */
export function ownRepository({ inputs, tree }: Pick<BuildContext, 'inputs' | 'tree'>): OwnRepository {
  return { outDir: inputs.outDir, arch: tree.toolchain.arch, packages: tree.declared.specs };
}
