import { clock } from '../../base/duration.ts';
import { order } from '../../base/order.ts';
import { foundInStore, type Outcome } from '../../model/outcome.ts';
import { blockedBy } from '../../planner/blocked-by.ts';
import type { RunState } from './run-state.ts';

/** Returns the outcome of each package of the run, whichever job built it. */
export function outcomesOf(state: RunState): Map<string, Outcome> {
  const { names, outcomes } = state.progress;
  return new Map([...names].map((name) => [name, outcomeOf(state, name, outcomes.get(name))]));
}

function outcomeOf(state: RunState, name: string, outcome: Outcome | undefined): Outcome {
  if (outcome === undefined) return unresolvedOutcome(state, name);
  if (!('result' in outcome)) return outcome;
  const { result } = outcome;
  const report = state.known.results.get(result.key);
  if (report === undefined) return outcome;
  const { reason, stored } = report;
  return { state: reason === foundInStore ? 'reused' : 'built', reason, result, stored };
}

/** The outcome of a package that still waits: blocked when something that it needs for certain has failed. */
function unresolvedOutcome(state: RunState, name: string): Outcome {
  const { waiting, graph, outcomes } = state.progress;
  const failed = (waiting.get(name) ?? []).filter((one) => !one.open && graph.failed.has(one.package));
  if (failed.length === 0) return { state: 'left', reason: whyLeft(state, name) };
  return blockedBy(
    failed.map((one) => one.package),
    outcomes,
  );
}

function whyLeft(state: RunState, name: string): string {
  const waits = state.progress.waiting.get(name) ?? [];
  if (state.known.unanswered.size > 0 && waits.length > 0)
    return `it needs what is left: ${[...new Set(waits.map((one) => one.package))].sort(order).join(', ')}`;
  const ran = state.ran.get(name);
  if (ran !== undefined)
    return `its build did not end in the ${clock(ran)} that a shard had left, and none with more came`;
  return unansweredOf(state, name) ?? 'no shard came to it';
}

/** Returns what the store said instead of an answer about the result of a package, which is left for that reason. */
export function unansweredOf(state: RunState, name: string): string | undefined {
  const ready = state.progress.ready.get(name);
  return ready && state.known.unanswered.get(ready.build.key);
}
