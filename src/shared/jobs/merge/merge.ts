import { availableParallelism } from 'node:os';
import type { Log } from '../../base/log.ts';
import type { ActionContext } from '../../github/action.ts';
import type { JobReport } from '../../github/job-report.ts';
import { leavesCache, readsCacheOnly } from '../../github/run.ts';
import { declaredNeeds } from '../../graph/declared-needs.ts';
import type { StoredParts } from '../../model/build-result.ts';
import type { MergeInputs } from '../../model/inputs.ts';
import type { Outcome } from '../../model/outcome.ts';
import { nonReproducibleLine } from '../../report/non-reproducible.ts';
import { boundOf } from '../../report/timeline.ts';
import { parseName } from '../../shards/protocol/names.ts';
import { outcomesOf } from '../../shards/worker/outcomes.ts';
import { deliver, type SharedFacts } from '../deliver.ts';
import { type OpenedRun, withBuildContext } from '../open-build-context.ts';
import { joinRun, type SharedRun } from '../shared-run.ts';
import { storageRequestOf } from '../storage-request.ts';
import {
  buildable,
  buildRest,
  exceedsTime,
  hasLostReused,
  leftForThisRunner,
  logTooMuch,
} from './build-rest.ts';
import { type Fetching, fetchAll } from './fetch-results.ts';
import { type DiskRoom, inOrderOfFetching, roomFor } from './published-results.ts';
import { builtAgain, failureLines, failureLogs, nonReproducibleOf, spansOf } from './run-facts.ts';

/** Makes one repository of what the shards of a run built. */
export async function mergeRun(context: ActionContext, inputs: MergeInputs): Promise<JobReport> {
  const begun = performance.now();
  return await withBuildContext(context, inputs, 'share', async (opened) => {
    const run = await joinRun(opened, inputs, availableParallelism());
    const { state, heartbeats, plan, settings } = run;
    await heartbeats.readAgain(settings.pollInterval);
    opened.makeRoom(storageRequestOf(opened.index, plan, state.known.results.values(), 1));
    const [local, content] = [opened.local, inputs.repositoryContent];
    const room = await roomFor(state, local, content);
    await completeResults(opened, run, { run, local, content, room, fetched: new Set() });
    const outcomes = outcomesOf(state);
    await opened.remember(outcomes);
    logNotStored(outcomes, context.log);
    const shared = await sharedFacts(run, inputs, room);
    for (const one of shared.nonReproducible) context.log.warn(nonReproducibleLine(one));
    const ended = { graph: state.progress.graph, outcomes, local };
    const report = await deliver(state.context, ended, inputs, begun, shared);
    if (report.error === undefined) await removeExchanged(run);
    return report;
  });
}

/**
 * Fetches the results of the run, and builds what is missing. "Re-run failed jobs" starts this job alone: in a later
 * attempt it is also the shard. What the store lost since the plan is built here, too.
 */
async function completeResults(opened: OpenedRun, run: SharedRun, fetching: Fetching): Promise<void> {
  const { state, plan, attempt } = run;
  const isLost = (await fetchAll(fetching)) || hasLostReused(state, plan);
  if ((attempt === 1 && !isLost) || buildable(state).length === 0) return;
  const isTooMuch = isLost && exceedsTime(run);
  // If this job is ended meanwhile, the next plan knows what is lost all the same.
  if (isTooMuch) await opened.remember(outcomesOf(state));
  await buildRest(run);
  if (isTooMuch) logTooMuch(leftForThisRunner(state, plan), state.context.log);
  await fetchAll(fetching);
}

/** Returns what the report of the run says of all its jobs. */
async function sharedFacts(
  run: SharedRun,
  { repositoryContent }: MergeInputs,
  room: DiskRoom,
): Promise<SharedFacts> {
  const { state, plan, attempt } = run;
  const { known, context } = state;
  const spans = spansOf(known, attempt);
  const needsOf = (name: string) => [...declaredNeeds(context.tree.declared, name).keys()];
  return {
    ...{ nonReproducible: nonReproducibleOf(known), builtAgain: builtAgain(known), repositoryContent, spans },
    ...{ lines: failureLines(known), logs: await failureLogs(run, attempt) },
    inParts: room === 'parts' ? (results) => inOrderOfFetching(state, results) : undefined,
    // A later attempt builds only what the first one left: its times say nothing of the schedule.
    bound: attempt === 1 ? boundOf(spans, needsOf, plan.shards + plan.heavyShards) : undefined,
  };
}

/** Logs of which results later runs cannot have all files. */
function logNotStored(outcomes: ReadonlyMap<string, Outcome>, log: Log): void {
  if (!leavesCache() && !readsCacheOnly()) return;
  const logNames = (stored: StoredParts, message: string) => {
    const names = [...outcomes].flatMap(([name, one]) =>
      'result' in one && one.stored === stored ? [name] : [],
    );
    if (names.length > 0) log.info(`${message} (their shards say why): ${names.sort().join(', ')}`);
  };
  logNames('without-debug', 'Stored for later runs without debuginfo and SRPM');
  logNames('none', 'Not stored for later runs');
}

const removalsAtOnce = 8;

/** Removes the artifacts that the jobs exchanged. An error is a warning: the platform removes them after a day. */
async function removeExchanged({ state, exchange }: SharedRun): Promise<void> {
  try {
    const listed = await exchange.list();
    const names = listed.map(({ name }) => name).filter((name) => parseName(name) !== undefined);
    for (let at = 0; at < names.length; at += removalsAtOnce)
      await Promise.all(names.slice(at, at + removalsAtOnce).map((name) => exchange.remove(name)));
  } catch (error) {
    state.context.log.warn(`What the jobs exchanged is not all removed: ${(error as Error).message}`);
  }
}
