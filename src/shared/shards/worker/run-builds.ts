import { availableParallelism } from 'node:os';
import { clock } from '../../base/duration.ts';
import type { BuildContext } from '../../builder/build-context.ts';
import { buildOne } from '../../builder/build-one.ts';
import { makeGraph } from '../../graph/graph.ts';
import type { Outcome, PlannedBuild } from '../../model/outcome.ts';
import {
  acceptResult,
  failPackage,
  newProgress,
  type Progress,
  resolvePackages,
} from '../../planner/engine.ts';
import { engineOptions } from '../../planner/plan-builds.ts';
import { assumedSeconds, byPriority } from '../../planner/priority.ts';
import { openKept } from '../../store/open-stored.ts';
import { DamagedResultError } from '../../store/store.ts';
import { progressLine } from './progress-line.ts';

/**
 * Builds or reuses every package of a run, several at once. A failure stops only what needs it. When what the store has
 * turns out to be gone or damaged, that is built, too, and then what needs it.
 */
export async function runBuilds(
  workshop: BuildContext,
  jobs = availableParallelism(),
): Promise<Map<string, Outcome>> {
  const ended = new Map<string, Outcome>();
  for (;;) {
    const outcomes = await buildAll(workshop, jobs, ended);
    if (outcomes !== undefined && (await allOpen(workshop, outcomes, ended))) return outcomes;
    workshop.tree.graph = makeGraph(workshop.tree.specs, workshop.tree.toolchain);
  }
}

/** Whether the bytes of every result can be had. What cannot is dropped. */
async function allOpen(
  workshop: BuildContext,
  outcomes: ReadonlyMap<string, Outcome>,
  ended: Map<string, Outcome>,
): Promise<boolean> {
  let whole = true;
  for (const outcome of outcomes.values()) {
    if (!('result' in outcome)) continue;
    try {
      await openKept(workshop.store, outcome.result);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await dropDamaged(workshop, error, ended);
      whole = false;
    }
  }
  return whole;
}

async function dropDamaged(
  { store, context }: BuildContext,
  { key, message }: DamagedResultError,
  ended: Map<string, Outcome>,
): Promise<void> {
  context.log.warn(`${message}. It is built again.`);
  await store.drop(key);
  ended.delete(key);
}

/**
 * Goes through a run once.
 * @param ended how packages ended in this run, by key: grows
 * @returns undefined when a stored result could not be used, and has been dropped
 */
async function buildAll(
  workshop: BuildContext,
  jobs: number,
  ended: Map<string, Outcome>,
): Promise<Map<string, Outcome> | undefined> {
  const { priority } = workshop;
  const { log, signal } = workshop.context;
  const progress = newProgress(workshop.names);
  const options = { ...engineOptions(workshop), isOfThisRun: (key: string) => ended.has(key) };
  const running = new Map<string, { started: number; done: Promise<void> }>();
  const show = () => log.progress(progressLine(stateOf(workshop, progress, running)));
  const ticker = setInterval(show, 1000);
  let stale = false;

  const take = (name: string, outcome: Outcome) => {
    if ('result' in outcome) acceptResult(options, progress, outcome);
    else failPackage(options, progress, name, outcome);
  };

  const build = async (name: string, ready: { keyed: PlannedBuild; reason: string }): Promise<void> => {
    log.info(`${name}: building (${ready.reason})`);
    try {
      const outcome = await buildOne(workshop, name, ready);
      ended.set(ready.keyed.key, outcome);
      take(name, outcome);
      if (outcome.state === 'built') log.info(`${name}: built in ${clock(outcome.result.seconds)}`);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await dropDamaged(workshop, error, ended);
      stale = true;
    }
  };

  try {
    await resolvePackages(options, progress, new Set());
    sayReused(workshop, progress, ended);
    while (!stale && (progress.ready.size > 0 || running.size > 0)) {
      signal.throwIfAborted();
      for (const name of byPriority([...progress.ready.keys()], priority)) {
        const ready = progress.ready.get(name) as { keyed: PlannedBuild; reason: string };
        const before = ended.get(ready.keyed.key);
        if (before === undefined && running.size >= jobs) break;
        progress.ready.delete(name);
        if (before !== undefined) {
          take(name, before);
          continue;
        }
        const done = build(name, ready).finally(() => running.delete(name));
        done.catch(() => {});
        running.set(name, { started: performance.now(), done });
      }
      show();
      await Promise.race([...running.values()].map(({ done }) => done));
      await resolvePackages(options, progress, new Set(running.keys()));
    }
  } finally {
    clearInterval(ticker);
    await Promise.allSettled([...running.values()].map(({ done }) => done));
  }
  if (stale) return undefined;
  for (const name of progress.names) {
    const outcome = progress.outcomes.get(name);
    if (outcome === undefined) progress.outcomes.set(name, { state: 'left', reason: 'not reached' });
    else if ('result' in outcome) {
      const own = ended.get(outcome.result.key);
      if (own !== undefined && 'result' in own)
        progress.outcomes.set(name, { ...own, result: outcome.result });
    }
  }
  return progress.outcomes;
}

function sayReused(workshop: BuildContext, progress: Progress, ended: ReadonlyMap<string, Outcome>): void {
  const reused = [...progress.outcomes]
    .filter(([, outcome]) => outcome.state === 'reused' && !ended.has(outcome.result.key))
    .map(([name]) => name);
  if (reused.length > 0)
    workshop.context.log.info(`Reused, nothing that reaches them changed: ${reused.sort().join(', ')}`);
}

function stateOf(
  workshop: BuildContext,
  progress: Progress,
  running: ReadonlyMap<string, { started: number }>,
) {
  const now = performance.now();
  const expected = (name: string) => workshop.seconds.get(name) ?? assumedSeconds;
  const active = [...running]
    .map(([name, { started }]) => ({ name, seconds: (now - started) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds);
  const rest = [...progress.names].filter((name) => !progress.outcomes.has(name) && !running.has(name));
  const work =
    rest.reduce((sum, name) => sum + expected(name), 0) +
    active.reduce((sum, { name, seconds }) => sum + Math.max(2, expected(name) - seconds), 0);
  const longest = Math.max(0, ...rest.map((name) => workshop.priority.get(name) ?? 0));
  return {
    done: progress.outcomes.size,
    total: progress.names.size,
    running: active,
    ready: progress.ready.size,
    left: Math.max(longest, work / Math.max(1, running.size)),
  };
}
