import { order } from '../base/order.ts';
import { problem } from '../base/problems.ts';
import { type BuildContext, type BuildTime, paths } from '../builder/build-context.ts';
import { runAttempt } from '../github/run.ts';
import type { BuildInputs, SharedInputs } from '../model/inputs.ts';
import { expectedTimes } from '../planner/expectation.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { priorities } from '../planner/priority.ts';
import { newKnownResults } from '../shards/protocol/known-results.ts';
import { hadWholeBudget, secondsForBuild } from '../shards/scheduler/build-time.ts';
import { type ShardSettings, shardSettings } from '../shards/scheduler/settings.ts';
import { exchangedStore } from '../shards/transport/exchanged-store.ts';
import { HeartbeatReader } from '../shards/worker/heartbeat-reader.ts';
import { RunState } from '../shards/worker/run-state.ts';
import type { JoinedRun } from '../shards/worker/running-shard.ts';
import type { OpenedRun } from './open-build-context.ts';
import { openExchange } from './open-exchange.ts';

/** A run that several jobs share, as one of them joins it. Its state has all that the other jobs have reported so far. */
export interface SharedRun extends JoinedRun {
  plan: PlanJson;
  settings: ShardSettings;
  /** Start of the time budget of this job, in seconds of `performance.now`. */
  started: number;
  /** Attempt of the run, from 1. */
  attempt: number;
}

/**
 * Joins the run of a plan, whose priorities count.
 * @param slots number of packages that this job builds at once, unless an input says
 * @throws ProblemsError when this job has another tree or another worker than the plan
 */
export async function joinRun(
  opened: OpenedRun,
  inputs: SharedInputs & Pick<BuildInputs, 'concurrentPackageBuilds'>,
  slots: number,
): Promise<SharedRun> {
  const { context, answers } = opened;
  const plan = opened.plan as PlanJson;
  const exchange = openExchange(context.inputs, plan.retentionDays);
  checkPlan(plan, context, inputs.plan);
  const seconds = new Map(
    plan.packages.flatMap((one) => (one.seconds === null ? [] : [[one.name, one.seconds]])),
  );
  const settings = shardSettings(inputs, inputs.concurrentPackageBuilds ?? slots);
  const expected = expectedTimes(seconds, settings.timeBudget);
  const buildable = context.run.names.filter((name) => !context.run.failures.has(name));
  const priority = priorities(context.tree.declared, buildable, expected);
  const started = performance.now() / 1000;
  const buildTime: BuildTime = {
    left: () => secondsForBuild(settings, performance.now() / 1000 - started),
    isWhole: (ran) => hadWholeBudget(settings, ran),
  };
  const attempt = runAttempt();
  const known = newKnownResults();
  const store = exchangedStore({
    ...{ local: context.store, known, exchange, tempDir: paths.exchange(context.inputs) },
    findAgain: (report) => heartbeats.findAgain(report),
  });
  const joined = { ...context, store, run: { ...context.run, seconds, priority }, buildTime };
  const state = new RunState(joined, known, expected);
  const heartbeats = new HeartbeatReader(state, exchange, attempt, answers);
  await heartbeats.readAll();
  checkKeys(plan, state);
  return { state, exchange, heartbeats, answers, plan, settings, started, attempt };
}

/** @throws ProblemsError when a plan was made for another worker, another tree or other packages */
function checkPlan(plan: PlanJson, context: BuildContext, file: string): void {
  const own = context.tree.toolchain.workerDigest;
  let hint = 'Give every job of the run the same toolchain-dir.';
  if (plan.workerDigest !== own)
    throw problem(`The plan was made for the worker ${plan.workerDigest}, and this job has ${own}`, {
      file,
      hint,
    });
  const declared = plan.packages.filter(({ revealed }) => revealed !== true).map(({ name }) => name);
  const planned = new Set(declared);
  const chosen = new Set([...context.run.names, ...context.run.prebuilt]);
  const other = [
    ...[...planned].filter((name) => !chosen.has(name)),
    ...[...chosen].filter((name) => !planned.has(name)),
  ];
  const shown = other.sort(order).slice(0, 5).join(', ');
  hint = 'Give every job of the run the same specs-dir and package-build-list.';
  if (other.length > 0)
    throw problem(`The plan is of another tree or other packages: ${shown}`, { file, hint });
}

/**
 * Compares the keys that this job computes with those of the plan.
 * @throws ProblemsError when they differ: then this job has other specs, sources or inputs
 */
function checkKeys(plan: PlanJson, { progress }: RunState): void {
  const { ready, outcomes } = progress;
  for (const { name, key } of plan.packages) {
    const outcome = outcomes.get(name);
    const own =
      ready.get(name)?.build.key ?? (outcome && 'result' in outcome ? outcome.result.key : undefined);
    if (key === null || own === undefined || own === key) continue;
    throw problem(`This job finds another key for ${name} than the plan: its tree or its inputs are others`, {
      hint: 'Check out the same commit in every job of a run, and give them the same inputs.',
    });
  }
}
