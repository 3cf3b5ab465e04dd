import { availableParallelism } from 'node:os';
import type { Log } from '../base/log.ts';
import type { ActionContext } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import { leavesCache, readsCacheOnly } from '../github/run.ts';
import { declaredNeeds } from '../graph/declared-needs.ts';
import type { MergeInputs } from '../model/inputs.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Kept } from '../model/stored-parts.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { nonReproducibleLine } from '../report/non-reproducible.ts';
import { boundOf } from '../report/timeline.ts';
import type { Candidate } from '../shards/scheduler/next-step.ts';
import { runShard, type ShardOptions } from '../shards/worker/run-shard.ts';
import type { RunView } from '../shards/worker/run-view.ts';
import { deliver } from './deliver.ts';
import {
  builtAgain,
  cleanUp,
  failureLines,
  failureLogs,
  inOrderOfFetching,
  nonReproducibleOf,
  openAll,
  outcomesOf,
  roomFor,
  spansOf,
  unansweredOf,
} from './merged-run.ts';
import { rememberResults, withBuildContext } from './open-tree.ts';
import { joinRun } from './shared-run.ts';
import { storageRequestOf } from './storage-request.ts';

/** Makes one repository of what the shards of a run built. */
export async function mergeRun(context: ActionContext, inputs: MergeInputs): Promise<JobReport> {
  const started = performance.now();
  const { repositoryContent } = inputs;
  return await withBuildContext(context, inputs, 'share', async (opened) => {
    const {
      view,
      plan,
      settings,
      started: joined,
      attempt,
    } = await joinRun(opened, inputs, availableParallelism());
    await view.lookAgain(settings.pollInterval);
    opened.makeRoom(storageRequestOf(opened.index, plan, view.known.results.values(), 1));
    const room = await roomFor(view, opened.local, repositoryContent);
    const lost = (await openAll(view, opened.local, repositoryContent, room)) || hasLost(view, plan);
    if ((attempt > 1 || lost) && toBuild(view).length > 0) {
      // "Re-run failed jobs" starts this job alone: then it is the shard, too. What the store lost since the plan is
      // built here as well.
      const most = settings.timeBudget * settings.slots;
      const expected = ofThisRunner(view, plan).reduce((sum, name) => sum + view.expected(name), 0);
      // Should this job be ended meanwhile, the next plan knows all the same what is gone.
      if (lost && expected > most) await rememberResults(opened, outcomesOf(view));
      await pullRest(view, plan, { attempt, settings: settings, started: joined });
      sayRest(ofThisRunner(view, plan), lost && expected > most, context.log);
      await openAll(view, opened.local, repositoryContent, room);
    }
    const unlike = nonReproducibleOf(view);
    for (const one of unlike) context.log.warn(nonReproducibleLine(one));
    const outcomes = outcomesOf(view);
    await rememberResults(opened, outcomes);
    sayLeftOut(outcomes, context.log);
    const spans = spansOf(view, attempt);
    const needsOf = (name: string) => [...declaredNeeds(view.context.tree.declared, name).keys()];
    const report = await deliver(
      view.context,
      { graph: view.progress.graph, outcomes, local: opened.local },
      inputs,
      started,
      {
        ...{ unlike, builtAgain: builtAgain(view) },
        ...{ repositoryContent, lines: failureLines(view), logs: await failureLogs(view, attempt), spans },
        inParts: room === 'parts' ? (results) => inOrderOfFetching(view, results) : undefined,
        // Of a later attempt, only what the first one left is built: that says nothing of a schedule.
        bound: attempt === 1 ? boundOf(spans, needsOf, plan.shards + plan.heavyShards) : undefined,
      },
    );
    if (report.error === undefined) await cleanUp(view);
    return report;
  });
}

/** Says what later runs cannot have the bytes of. */
function sayLeftOut(outcomes: ReadonlyMap<string, Outcome>, log: Log): void {
  const names = (kept: Kept) =>
    [...outcomes].flatMap(([name, one]) => ('result' in one && one.kept === kept ? [name] : [])).sort();
  const say = (kept: Kept, words: string) => {
    if (names(kept).length > 0 && (leavesCache() || readsCacheOnly()))
      log.info(`${words} (their shards say why): ${names(kept).join(', ')}`);
  };
  say('main', 'Stored for later runs without debuginfo and SRPM');
  say('nothing', 'Not stored for later runs');
}

/** What can be built; what the store gave no answer about may be there, and is not built in vain. */
function toBuild(view: RunView): Candidate[] {
  return view.candidates().filter((one) => unansweredOf(view, one.package) === undefined);
}

/** Whether a package that the plan reused has to be built now: a shard found that the store has lost it. */
function hasLost(view: RunView, plan: PlanJson): boolean {
  const reused = new Set(plan.packages.flatMap(({ name, state }) => (state === 'reuse' ? [name] : [])));
  return toBuild(view).some((one) => reused.has(one.package));
}

/** Whether this job may build a package: it needs no heavier runner, and the store may not have it all the same. */
function canBuild(view: RunView, plan: PlanJson, name: string): boolean {
  return !plan.heavy.includes(name) && unansweredOf(view, name) === undefined;
}

/** What is left and needs no heavier runner. */
function ofThisRunner(view: RunView, plan: PlanJson): string[] {
  return view.left().filter((name) => canBuild(view, plan, name));
}

/** Says what stays undone because it is more than one job can build. */
function sayRest(names: readonly string[], tooMuch: boolean, log: Log): void {
  if (names.length === 0 || !tooMuch) return;
  log.error({
    message: `The store has lost more than this job alone can build in its time: ${names.length} packages are left`,
    hint: 'Run it again as a new run: its plan counts them as builds, and gives them shards.',
  });
}

/** Builds what is missing and needs no heavier runner. What is there is merged, however that ends. */
async function pullRest(
  view: RunView,
  plan: PlanJson,
  { attempt, settings, started }: Pick<ShardOptions, 'attempt' | 'settings' | 'started'>,
): Promise<void> {
  const { log, signal } = view.context;
  const id = plan.entries + plan.heavyEntries + attempt;
  const takes = (name: string) => canBuild(view, plan, name);
  const alone = { peers: { first: id, last: id }, others: undefined, most: 1, takes };
  try {
    await runShard(view, { id, attempt, settings: settings, started, ...alone });
  } catch (error) {
    signal.throwIfAborted();
    log.error(`What was missing is not all built: ${(error as Error).message}`);
  }
  const heavy = view.left().filter((name) => plan.heavy.includes(name));
  if (heavy.length > 0)
    log.warn({
      message: `Left, because they need heavier runners than this one (heavy-packages): ${heavy.join(', ')}`,
      hint: 'Run all jobs again: what was built is in the store.',
    });
}
