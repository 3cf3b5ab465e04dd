import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseUserJson } from '../base/json.ts';
import { order } from '../base/order.ts';
import { problem } from '../base/problems.ts';
import type { BuildTime } from '../builder/build-context.ts';
import { paths } from '../builder/paths.ts';
import { runAttempt } from '../github/run.ts';
import { readUserFile } from '../host/files.ts';
import type { BuildInputs, SharedInputs, TreeInputs } from '../model/inputs.ts';
import { expectation } from '../planner/expectation.ts';
import type { PlanJson } from '../planner/plan-json.ts';
import { priorities } from '../planner/priority.ts';
import { hadWholeBudget, secondsForBuild } from '../shards/scheduler/build-time.ts';
import type { ShardSettings } from '../shards/scheduler/settings.ts';
import { shardSettings } from '../shards/scheduler/settings.ts';
import { keptForItsRun } from '../shards/transport/exchange.ts';
import { RunView } from '../shards/worker/run-view.ts';
import { indexFile, joinIndex, readIndex, type StoreIndex } from '../store/store-index.ts';
import type { OpenedRun } from './open-build-context.ts';
import { openExchange } from './open-exchange.ts';

/** A run that several jobs share, as one of them sees it at its start. */
export interface SharedRun {
  /** With all that the other jobs have told so far. */
  view: RunView;
  plan: PlanJson;
  settings: ShardSettings;
  /** When the time budget of this job began, in seconds of `performance.now`. */
  started: number;
  /** Of the run, from 1. */
  attempt: number;
}

/**
 * Takes up the plan of a run: its priorities count, and only the tree and the worker that it was made for.
 * @param slots packages that this job builds at once, unless an input says
 * @throws ProblemsError when this job has another tree or another worker
 */
export async function joinRun(
  opened: OpenedRun,
  inputs: SharedInputs & Pick<BuildInputs, 'concurrentPackageBuilds'>,
  slots: number,
): Promise<SharedRun> {
  const { context } = opened;
  const plan = await readPlan(context.inputs, opened.index, inputs);
  const exchange = openExchange(context.inputs, plan.retentionDays);
  const own = context.tree.toolchain.workerDigest;
  if (plan.workerDigest !== own)
    throw problem(`The plan was made for the worker ${plan.workerDigest}, and this job has ${own}`, {
      file: inputs.plan,
      hint: 'Give every job of the run the same toolchain-dir.',
    });
  const planned = plan.packages.map(({ name }) => name);
  const other = [
    ...planned.filter((name) => !context.run.names.includes(name)),
    ...context.run.names.filter((name) => !planned.includes(name)),
  ];
  if (other.length > 0)
    throw problem(
      `The plan is of another tree or other packages: ${other.sort(order).slice(0, 5).join(', ')}`,
      {
        file: inputs.plan,
        hint: 'Give every job of the run the same specs-dir and package-build-list.',
      },
    );
  const seconds = new Map(
    plan.packages.flatMap((one) => (one.seconds === null ? [] : [[one.name, one.seconds]])),
  );
  const settings = shardSettings(inputs, inputs.concurrentPackageBuilds ?? slots);
  const expected = expectation(seconds, settings.timeBudget);
  const priority = priorities(context.tree.declared, context.run.names, expected);
  const started = performance.now() / 1000;
  const buildTime: BuildTime = {
    left: () => secondsForBuild(settings, performance.now() / 1000 - started),
    isWhole: (ran) => hadWholeBudget(settings, ran),
  };
  const attempt = runAttempt();
  const view = new RunView(
    { ...context, run: { ...context.run, seconds, priority }, buildTime },
    exchange,
    attempt,
    expected,
  );
  await view.readAll();
  view.checkKeys(plan);
  return { view, plan, settings: settings, started, attempt };
}

/** In the artifact of the plan, beside the index of the store. */
export const planFile = 'plan.json';

/** The name of the artifact that holds the plan. */
export function planName(attempt: number): string {
  return `azl-plan-${attempt}`;
}

/** Reads the plan; the index grows by what the plan knew of the store. */
async function readPlan(
  inputs: TreeInputs,
  index: StoreIndex,
  { plan: given }: SharedInputs,
): Promise<PlanJson> {
  if (given === '')
    throw problem("Input 'plan' (PLAN) is empty, expected the plan of this run", {
      hint: 'Give the output plan or plan-json of build-packages/plan.',
    });
  let file = given;
  if (/^azl-plan-\d+$/.test(given)) {
    const exchange = openExchange(inputs);
    const item = await exchange.find(given);
    const dir = join(paths.exchange(inputs), 'plan');
    if (item === undefined || !(await exchange.fetch(item, dir)))
      throw problem(`Input 'plan' (PLAN) is '${given}', and this run has no artifact of that name`, {
        hint: keptForItsRun,
      });
    file = join(dir, planFile);
  }
  const beside = join(dirname(file), indexFile);
  if (file !== given || existsSync(beside)) joinIndex(index, await readPlannedIndex(beside, given));
  const plan = parseUserJson(await readUserFile(file, 'The plan'), file) as PlanJson;
  if (plan.schema !== 'azl/plan' || plan.version !== 1 || !Array.isArray(plan.packages))
    throw problem('This is no plan of this version of azl', { file });
  return plan;
}

async function readPlannedIndex(file: string, plan: string): Promise<StoreIndex> {
  try {
    const { index, faults } = readIndex(await readFile(file, 'utf8'));
    if (faults.length > 0) throw new Error(faults.join('; '));
    return index;
  } catch (error) {
    throw problem(
      `With the plan '${plan}' comes no index that this job can use: ${(error as Error).message}`,
      {
        hint: 'Use one version of the actions in all jobs of a run.',
      },
    );
  }
}
