import { availableParallelism } from 'node:os';
import type { Log } from '../../base/log.ts';
import type { ActionContext } from '../../github/action.ts';
import type { JobReport } from '../../github/job-report.ts';
import { leavesCache, readsCacheOnly } from '../../github/run.ts';
import type { StoredParts } from '../../model/build-result.ts';
import type { MergeInputs } from '../../model/inputs.ts';
import type { Outcome } from '../../model/outcome.ts';
import { nonReproducibleLine } from '../../report/non-reproducible.ts';
import { parseName } from '../../shards/protocol/names.ts';
import { outcomesOf } from '../../shards/worker/outcomes.ts';
import { deliver } from '../deliver.ts';
import { withBuildContext } from '../open-build-context.ts';
import { joinRun, type SharedRun } from '../shared-run.ts';
import { storageRequestOf } from '../storage-request.ts';
import { completeResults } from './complete-results.ts';
import { fetchAll } from './fetch-results.ts';
import { roomFor } from './published-results.ts';
import { sharedFacts, supersededLines } from './run-facts.ts';

const removalsAtOnce = 8;

/** Makes one repository of what the shards of a run built. */
export async function mergeRun(context: ActionContext, inputs: MergeInputs): Promise<JobReport> {
  const begun = performance.now();
  return await withBuildContext(context, inputs, 'share', async (opened) => {
    const { local } = opened;
    const run = await joinRun(opened, inputs, availableParallelism());
    const { state, heartbeats, plan, settings } = run;
    await heartbeats.readAgain(settings.pollInterval);
    opened.makeRoom(storageRequestOf(opened.index, plan, state.known.results.values(), 1));
    const content = inputs.repositoryContent;
    const room = await roomFor(state, local, content);
    const fetching = { run, local, content, room, fetched: new Set<string>() };
    await completeResults(opened, run, () => fetchAll(fetching));
    const outcomes = outcomesOf(state);
    await opened.remember(outcomes);
    logNotStored(outcomes, context.log);
    const shared = await sharedFacts(run, inputs, room);
    for (const one of shared.nonReproducible) context.log.warn(nonReproducibleLine(one));
    for (const line of supersededLines(state.known)) context.log.warn(line);
    const ended = { graph: state.progress.graph, outcomes, local };
    const report = await deliver(state.context, ended, inputs, begun, shared);
    if (report.error === undefined) await removeExchanged(run);
    return report;
  });
}

/** Removes the artifacts that the jobs exchanged. An error is a warning: the platform removes them after a day. */
async function removeExchanged({ state, exchange }: SharedRun): Promise<void> {
  try {
    const exchanged = (await exchange.list()).filter(({ name }) => parseName(name) !== undefined);
    for (let at = 0; at < exchanged.length; at += removalsAtOnce)
      await Promise.all(exchanged.slice(at, at + removalsAtOnce).map(({ name }) => exchange.remove(name)));
  } catch (error) {
    state.context.log.warn(`What the jobs exchanged is not all removed: ${(error as Error).message}`);
  }
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
