import type { Log } from '../../base/log.ts';
import type { PlanJson } from '../../planner/plan-json.ts';
import type { Candidate } from '../../shards/scheduler/work.ts';
import { unansweredOf } from '../../shards/worker/outcomes.ts';
import { runShard } from '../../shards/worker/run-shard.ts';
import type { RunState } from '../../shards/worker/run-state.ts';
import type { SharedRun } from '../shared-run.ts';

/** Returns the packages that can be built. One about which the store gave no answer may be there, and is not built. */
export function buildable(state: RunState): Candidate[] {
  return state.candidates().filter((one) => unansweredOf(state, one.package) === undefined);
}

/** True if a package that the plan reused has to be built now: a shard found that the store has lost it. */
export function hasLostReused(state: RunState, plan: PlanJson): boolean {
  const names = new Set(buildable(state).map((one) => one.package));
  return plan.packages.some((one) => one.state === 'reuse' && names.has(one.name));
}

/** True if this job may build a package: it needs no heavier runner, and the store gave an answer about it. */
function canBuild(state: RunState, plan: PlanJson, name: string): boolean {
  return !plan.heavy.includes(name) && unansweredOf(state, name) === undefined;
}

/** Returns the packages that are left and that this job may build. */
export function leftForThisRunner(state: RunState, plan: PlanJson): string[] {
  return state.left().filter((name) => canBuild(state, plan, name));
}

/** True if the packages left for this job take longer than its time budget. */
export function exceedsTime({ state, plan, settings }: SharedRun): boolean {
  const expected = leftForThisRunner(state, plan).reduce((sum, name) => sum + state.expected(name), 0);
  return expected > settings.timeBudget * settings.slots;
}

/** Logs which packages are left because they are more than one job can build. */
export function logTooMuch(names: readonly string[], log: Log): void {
  if (names.length === 0) return;
  log.error({
    message: `The store has lost more than this job alone can build in its time: ${names.length} packages are left`,
    hint: 'Run it again as a new run: its plan counts them as builds, and gives them shards.',
  });
}

/** Builds what is missing and needs no heavier runner. An error is logged: the other results are merged all the same. */
export async function buildRest(run: SharedRun): Promise<void> {
  const { state, plan, attempt, settings, started } = run;
  const { log, signal } = state.context;
  const id = plan.entries + plan.heavyEntries + attempt;
  const takes = (name: string) => canBuild(state, plan, name);
  const matrix = { peers: { first: id, last: id }, others: undefined, most: 1, takes };
  try {
    const why = await runShard(run, { id, attempt, settings, started, ...matrix });
    log.info(`Shard ${id} ends: ${why}.`);
  } catch (error) {
    signal.throwIfAborted();
    log.error(`What was missing is not all built: ${(error as Error).message}`);
  }
  const heavy = state.left().filter((name) => plan.heavy.includes(name));
  if (heavy.length > 0)
    log.warn({
      message: `Left, because they need heavier runners than this one (heavy-packages): ${heavy.join(', ')}`,
      hint: 'Run all jobs again: what was built is in the store.',
    });
}
