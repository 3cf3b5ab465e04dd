import { outcomesOf, unansweredOf } from '../../shards/worker/outcomes.ts';
import { runShard } from '../../shards/worker/run-shard.ts';
import type { OpenedRun } from '../open-build-context.ts';
import type { SharedRun } from '../shared-run.ts';

/**
 * Fetches the results of the run, and builds what is missing. "Re-run failed jobs" starts this job alone: in a later
 * attempt it is also the shard. What the store lost since the plan is built here, too.
 * @param fetchAll returns true if the store lost a result
 */
export async function completeResults(
  opened: OpenedRun,
  run: SharedRun,
  fetchAll: () => Promise<boolean>,
): Promise<void> {
  const { state, plan, attempt, settings } = run;
  const isFetchedLost = await fetchAll();
  // A package about which the store gave no answer may be there, and is not built.
  const buildable = state.candidates().filter((one) => unansweredOf(state, one.package) === undefined);
  // A shard found that the store has lost what the plan reused.
  const reused = new Set(plan.packages.flatMap((one) => (one.state === 'reuse' ? [one.name] : [])));
  const isLost = isFetchedLost || buildable.some((one) => reused.has(one.package));
  if ((attempt === 1 && !isLost) || buildable.length === 0) return;
  const expected = leftHere(run).reduce((sum, name) => sum + state.expected(name), 0);
  const isTooMuch = isLost && expected > settings.timeBudget * settings.slots;
  // If this job is ended meanwhile, the next plan knows what is lost all the same.
  if (isTooMuch) await opened.remember(outcomesOf(state));
  await buildRest(run);
  const left = isTooMuch ? leftHere(run).length : 0;
  if (left > 0)
    state.context.log.error({
      message: `The store has lost more than this job alone can build in its time: ${left} packages are left`,
      hint: 'Run it again as a new run: its plan counts them as builds, and gives them shards.',
    });
  await fetchAll();
}

/** True if this job may build a package: it needs no heavier runner, and the store gave an answer about it. */
function canBuild({ state, plan }: SharedRun, name: string): boolean {
  return !plan.heavy.includes(name) && unansweredOf(state, name) === undefined;
}

/** Returns the packages that are left and that this job may build. */
function leftHere(run: SharedRun): string[] {
  return run.state.left().filter((name) => canBuild(run, name));
}

/** Builds what is missing and needs no heavier runner. An error is logged: the other results are merged all the same. */
async function buildRest(run: SharedRun): Promise<void> {
  const { state, plan, attempt, settings, started } = run;
  const { log, signal } = state.context;
  const id = plan.entries + plan.heavyEntries + attempt;
  const takes = (name: string) => canBuild(run, name);
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
