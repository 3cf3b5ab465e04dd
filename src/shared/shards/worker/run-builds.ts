import { availableParallelism } from 'node:os';
import { clock } from '../../base/duration.ts';
import type { BuildContext } from '../../builder/build-context.ts';
import { buildOne } from '../../builder/build-one.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Outcome, ReadyBuild } from '../../model/outcome.ts';
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
  context: BuildContext,
  jobs = availableParallelism(),
): Promise<{ outcomes: Map<string, Outcome>; graph: Graph }> {
  const ended = new Map<string, Outcome>();
  for (;;) {
    const progress = await buildAll(context, jobs, ended);
    if (progress !== undefined && (await allOpen(context, progress.outcomes, ended))) return progress;
  }
}

/** Whether the bytes of every result can be had. What cannot is dropped. */
async function allOpen(
  context: BuildContext,
  outcomes: ReadonlyMap<string, Outcome>,
  ended: Map<string, Outcome>,
): Promise<boolean> {
  let whole = true;
  for (const outcome of outcomes.values()) {
    if (!('result' in outcome)) continue;
    try {
      await openKept(context.store, outcome.result);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await dropDamaged(context, error, ended);
      whole = false;
    }
  }
  return whole;
}

async function dropDamaged(
  { store, log }: BuildContext,
  { key, message }: DamagedResultError,
  ended: Map<string, Outcome>,
): Promise<void> {
  log.warn(`${message}. It is built again.`);
  await store.drop(key);
  ended.delete(key);
}

/**
 * Goes through a run once.
 * @param ended how packages ended in this run, by key: grows
 * @returns undefined when a stored result could not be used, and has been dropped
 */
async function buildAll(
  context: BuildContext,
  jobs: number,
  ended: Map<string, Outcome>,
): Promise<Progress | undefined> {
  const { log, signal } = context;
  const { priority, names } = context.run;
  const progress = newProgress(context.tree.declared, names);
  const options = { ...engineOptions(context), isOfThisRun: (key: string) => ended.has(key) };
  const running = new Map<string, { started: number; done: Promise<void> }>();
  const show = () => log.progress(progressLine(stateOf(context, progress, running)));
  const ticker = setInterval(show, 1000);
  let stale = false;

  const take = (name: string, outcome: Outcome) => {
    if ('result' in outcome) acceptResult(progress, outcome);
    else failPackage(progress, name, outcome);
  };

  const build = async (name: string, ready: ReadyBuild): Promise<void> => {
    log.info(`${name}: building (${ready.reason})`);
    try {
      const outcome = await buildOne(context, name, ready, progress.graph.results);
      ended.set(ready.build.key, outcome);
      take(name, outcome);
      if (outcome.state === 'built') log.info(`${name}: built in ${clock(outcome.result.seconds)}`);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await dropDamaged(context, error, ended);
      stale = true;
    }
  };

  try {
    await resolvePackages(options, progress, new Set());
    sayReused(context, progress, ended);
    while (!stale && (progress.ready.size > 0 || running.size > 0)) {
      signal.throwIfAborted();
      for (const name of byPriority([...progress.ready.keys()], priority)) {
        const ready = progress.ready.get(name) as ReadyBuild;
        const before = ended.get(ready.build.key);
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
  return progress;
}

function sayReused(context: BuildContext, progress: Progress, ended: ReadonlyMap<string, Outcome>): void {
  const reused = [...progress.outcomes]
    .filter(([, outcome]) => outcome.state === 'reused' && !ended.has(outcome.result.key))
    .map(([name]) => name);
  if (reused.length > 0)
    context.log.info(`Reused, nothing that reaches them changed: ${reused.sort().join(', ')}`);
}

function stateOf(
  context: BuildContext,
  progress: Progress,
  running: ReadonlyMap<string, { started: number }>,
) {
  const now = performance.now();
  const expected = (name: string) => context.run.seconds.get(name) ?? assumedSeconds;
  const active = [...running]
    .map(([name, { started }]) => ({ name, seconds: (now - started) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds);
  const rest = [...progress.names].filter((name) => !progress.outcomes.has(name) && !running.has(name));
  const work =
    rest.reduce((sum, name) => sum + expected(name), 0) +
    active.reduce((sum, { name, seconds }) => sum + Math.max(2, expected(name) - seconds), 0);
  const longest = Math.max(0, ...rest.map((name) => context.run.priority.get(name) ?? 0));
  return {
    done: progress.outcomes.size,
    total: progress.names.size,
    running: active,
    ready: progress.ready.size,
    left: Math.max(longest, work / Math.max(1, running.size)),
  };
}
