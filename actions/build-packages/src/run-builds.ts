import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { isDiskFull } from '../../../src/shared/host/files.ts';
import {
  accept,
  type EngineOptions,
  fail,
  newProgress,
  type Progress,
  planned,
  settleAll,
} from '../../../src/shared/plan/engine.ts';
import type { Outcome } from '../../../src/shared/plan/state.ts';
import { clock } from '../../../src/shared/report/duration.ts';
import { decisiveLines, failedStage } from '../../../src/shared/report/log-lines.ts';
import { progressLine } from '../../../src/shared/report/progress.ts';
import { byPriority, unknownSeconds } from '../../../src/shared/schedule/priority.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { DamagedResult } from '../../../src/shared/store/store.ts';
import { BuildFailed, buildPackage } from './build-package.ts';
import { fetchSources } from './source-digests.ts';
import type { Workshop } from './workshop.ts';

/** Builds or reuses every package of a run, several at once. A failure stops only what needs it. */
export async function runBuilds(
  workshop: Workshop,
  jobs = availableParallelism(),
): Promise<Map<string, Outcome>> {
  const { priority } = workshop;
  const { log, signal } = workshop.context;
  const progress = newProgress(workshop.names);
  const options = engineOptions(workshop);
  const running = new Map<string, { started: number; done: Promise<void> }>();
  const show = () => log.progress(progressLine(stateOf(workshop, progress, running)));
  const ticker = setInterval(show, 1000);
  try {
    await settleAll(options, progress, new Set());
    sayReused(workshop, progress);
    while (progress.ready.size > 0 || running.size > 0) {
      signal.throwIfAborted();
      for (const name of byPriority([...progress.ready.keys()], priority)) {
        if (running.size >= jobs) break;
        const { keyed, reason } = progress.ready.get(name) as NonNullable<
          ReturnType<typeof progress.ready.get>
        >;
        progress.ready.delete(name);
        const build = async () => {
          log.info(`${name}: building (${reason})`);
          const outcome = await buildOne(workshop, name, { keyed, reason }).catch(
            (error: unknown): Outcome => {
              if (!(error instanceof DamagedResult)) throw error;
              log.error(`${name}: ${error.message}`);
              return {
                state: 'failed',
                reason: `what it needs cannot be used: ${error.message}`,
                key: keyed.key,
              };
            },
          );
          if (!('result' in outcome)) fail(options, progress, name, outcome);
          else {
            accept(options, progress, outcome);
            log.info(`${name}: built in ${clock(outcome.result.seconds)}`);
          }
        };
        const done = build().finally(() => running.delete(name));
        done.catch(() => {});
        running.set(name, { started: performance.now(), done });
      }
      show();
      await Promise.race([...running.values()].map(({ done }) => done));
      await settleAll(options, progress, new Set(running.keys()));
    }
  } finally {
    clearInterval(ticker);
    await Promise.allSettled([...running.values()].map(({ done }) => done));
  }
  for (const name of progress.names) {
    if (!progress.outcomes.has(name)) progress.outcomes.set(name, { state: 'left', reason: 'not reached' });
  }
  return progress.outcomes;
}

/** Settles a run without building anything: what `make plan` shows. */
export async function planBuilds(workshop: Workshop) {
  const progress = newProgress(workshop.names);
  await settleAll(engineOptions(workshop), progress, new Set());
  return planned(progress);
}

function engineOptions({ tree, store, priority, rebuild, context }: Workshop): EngineOptions {
  return { tree, store, priority, rebuild, warn: (message) => context.log.warn(message) };
}

/**
 * Builds one package; what went wrong with it is said and is its outcome.
 * @throws DamagedResult when what it needs is not to be had; whatever ends the whole run
 */
export async function buildOne(
  workshop: Workshop,
  name: string,
  { keyed, reason }: { keyed: Parameters<typeof buildPackage>[2]; reason: string },
): Promise<Outcome> {
  const spec = workshop.tree.graph.specs.get(name) as Spec;
  const started = performance.now();
  try {
    const files = await fetchSources(workshop, spec);
    return { state: 'built', reason, result: await buildPackage(workshop, spec, keyed, files) };
  } catch (error) {
    workshop.context.signal.throwIfAborted();
    if (isDiskFull(error) || error instanceof DamagedResult) throw error;
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const log = error instanceof BuildFailed ? error.log : undefined;
    const text = log === undefined ? '' : await readFile(log, 'utf8').catch(() => '');
    const ranOut = error instanceof BuildFailed && error.ranOutOfTime;
    const stage = ranOut ? undefined : failedStage(text);
    const words = stage === undefined ? (error as Error).message : `${stage} failed`;
    const lines = decisiveLines(text);
    workshop.context.log.error({
      message: [`${name}: ${words}`, ...lines.map((line) => `    ${line}`)].join('\n'),
      file: `${workshop.inputs.specsDir}/${spec.path}`,
    });
    return { state: 'failed', reason: words, seconds, key: keyed.key, ...(log === undefined ? {} : { log }) };
  }
}

function sayReused(workshop: Workshop, progress: Progress): void {
  const reused = [...progress.outcomes]
    .filter(([, outcome]) => outcome.state === 'reused')
    .map(([name]) => name);
  if (reused.length > 0)
    workshop.context.log.info(`Reused, nothing that reaches them changed: ${reused.sort().join(', ')}`);
}

function stateOf(workshop: Workshop, progress: Progress, running: ReadonlyMap<string, { started: number }>) {
  const now = performance.now();
  const expected = (name: string) => workshop.seconds.get(name) ?? unknownSeconds;
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
