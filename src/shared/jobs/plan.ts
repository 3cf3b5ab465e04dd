import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import { counted } from '../base/counted.ts';
import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import { problem } from '../base/problems.ts';
import { type BuildContext, paths } from '../builder/build-context.ts';
import { type ActionContext, AlreadyReportedError } from '../github/action.ts';
import type { JobReport } from '../github/job-report.ts';
import { hasCache, runAttempt } from '../github/run.ts';
import { linkFile } from '../host/files.ts';
import { writeJson } from '../host/json-files.ts';
import type { PlanInputs } from '../model/inputs.ts';
import { inToolchain, type PackagePlan, planStates } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import { planBuilds } from '../planner/engine.ts';
import { brokenCyclesOf, type PlanJson, planJson } from '../planner/plan-json.ts';
import { planPage } from '../report/summary-page.ts';
import { heavyTimeBudgetOf, timeBudgetOf } from '../shards/scheduler/settings.ts';
import { jobMinutes, mergeMinutes } from '../shards/scheduler/size.ts';
import { type Exchange, filesBelow, withFolder } from '../shards/transport/exchange.ts';
import { shareToolchain, toolchainName } from '../shards/transport/shared-toolchain.ts';
import { specFile } from '../specs/find.ts';
import { bytesStored } from '../store/allocation.ts';
import { indexFile, writeIndex } from '../store/index-lines.ts';
import { bytesOf } from '../store/result-files.ts';
import { newestResults, type StoreIndex } from '../store/store-index.ts';
import { isForeign } from '../toolchain/target.ts';
import { unmetInTree } from './check-tree.ts';
import { withBuildContext } from './open-build-context.ts';
import { findExchange } from './open-exchange.ts';
import { planFile, planName } from './read-plan.ts';
import { referencesOf } from './references.ts';
import { logTreeErrors } from './report-tree.ts';
import { type RunSize, shardNumbers, sizeRun } from './size-run.ts';

/** Decides, without building anything, what is built, reused or open, and how many shards help. */
export async function planRun(action: ActionContext, inputs: PlanInputs): Promise<JobReport> {
  return await withBuildContext(action, inputs, 'plan', async ({ context, index: known, lockPath }) => {
    const { seconds } = context.run;
    const found = await planBuilds(context);
    const { length, ...needed } = sizeRun(found, context, inputs);
    const foreign = isForeign(inputs.targetArch);
    const size = foreign ? { ...needed, ...noShards } : needed;
    const { workerDigest } = context.tree.toolchain;
    const file = join(inputs.outDir, planFile);
    await writeJson(file, planJson(found, { workerDigest, ...size, ...policyIn(context) }, context.run));
    const build = logPlan(context, found, file);
    logSizes(known, found, context.log);
    if (foreign) context.log.info(onlyPlanned(inputs.targetArch));
    const exchange = foreign ? undefined : findExchange(inputs, size.retentionDays);
    const putIndex = await writePlannedIndex(known, inputs, found);
    const outputs = {
      'plan-json': file,
      'build-count': build,
      'cache-hit': [...found.values()].every(({ state }) => state === 'reuse'),
      plan: exchange === undefined ? file : await sharePlan(context, file, putIndex, exchange),
      ...matrixOutputs(size, inputs),
      ...(exchange && inputs.shareToolchain && (await shareOwnToolchain(context, lockPath, exchange))),
    };
    const shards = size.shards + size.heavyShards;
    const page = planPage(found, { seconds, length, shards }, await referencesOf(context));
    const hasFailed = [...found.values()].some(({ state }) => state === 'failed' || state === 'blocked');
    // With shards, all else is built, and merge, which finds the same errors, decides.
    const error = hasFailed && exchange === undefined ? new AlreadyReportedError() : undefined;
    return { outputs, page, error };
  });
}

/** The size of a run that is only planned. */
const noShards = { shards: 0, entries: 0, heavyShards: 0, heavyEntries: 0 };

function onlyPlanned(arch: string): string {
  const here = `this machine is ${hostArchitecture.rpm}, and builds and images for ${arch} need one of that kind`;
  return `Only parse and plan are possible for target-arch '${arch}': ${here}.`;
}

type Plan = ReadonlyMap<string, PackagePlan>;

/** Packages of one state that the log names. */
const mostLines = 40;

/** The policy that other jobs of the run take from the plan. */
function policyIn({ tree }: BuildContext): Pick<PlanJson, 'pointers' | 'breakCycles'> {
  const { pointers, breakCycles } = tree.declared.policy;
  return {
    pointers: Object.fromEntries([...pointers].map(([key, names]) => [key, [...names]])),
    breakCycles: [...breakCycles],
  };
}

/**
 * Writes what the plan knows of the store beside the plan, for merge: also where no shard runs.
 * @returns what puts the same file elsewhere
 */
async function writePlannedIndex(index: StoreIndex, { outDir }: PlanInputs, found: Plan): Promise<PutIndex> {
  const reused = [...found.values()].flatMap((one) => ('result' in one ? [one.result.key] : []));
  const beside = join(outDir, indexFile);
  await rm(beside, { force: true });
  if (!hasCache()) return async (path) => await writeIndex(path, index, new Set(reused));
  await writeIndex(beside, index, new Set(reused));
  return async (path) => await linkFile(beside, path);
}

type PutIndex = (path: string) => Promise<void>;

/** Logs the plan of each package. Returns the number of packages that are certain to be built. */
function logPlan(context: BuildContext, found: Plan, file: string): number {
  const { log } = context;
  const sorted = [...found].sort(([a], [b]) => order(a, b));
  const count = (state: PackagePlan['state']) => sorted.filter(([, one]) => one.state === state).length;
  const { prebuilt } = context.run;
  if (prebuilt.length > 0) log.info(`reuse  ${counted(prebuilt.length, 'package')} of the toolchain`);
  for (const state of planStates) {
    const own = sorted.filter(([, one]) => one.state === state && one.reason !== inToolchain);
    for (const [name, one] of own.slice(0, mostLines)) logPlanned(context, name, one);
    if (own.length > mostLines)
      log.info(`${state.padEnd(6)} and ${own.length - mostLines} more: see ${file}`);
  }
  const unmet = sorted.flatMap(([, one]) => (one.state === 'failed' ? (one.unmet ?? []) : []));
  for (const one of unmetInTree(context.tree, unmet)) log.error(one);
  logTreeErrors(found, log);
  const stopped = [
    ...(count('failed') === 0 ? [] : [`${count('failed')} cannot be built, `]),
    ...(count('blocked') === 0 ? [] : [`${count('blocked')} blocked by these, `]),
  ].join('');
  log.info(
    `${count('build')} to build, ${count('maybe')} decided on the way, ${stopped}${count('reuse')} reused. Plan: ${file}`,
  );
  return count('build');
}

function logPlanned({ tree, log }: BuildContext, name: string, one: PackagePlan): void {
  const prebuilt = brokenCyclesOf(one);
  const cycles =
    prebuilt.length === 0 ? '' : `; takes ${prebuilt.join(', ')} from the toolchain (break-cycles)`;
  const line = `${one.state.padEnd(6)} ${name}: ${one.reason}${cycles}`;
  // Errors with lines of their own follow.
  const hasLines = one.state === 'failed' && (one.problems !== undefined || (one.unmet ?? []).length > 0);
  if (one.state !== 'failed') log.info(line);
  else if (!hasLines) log.error({ message: line, file: specFile(tree.declared.specs.get(name) as Spec) });
  else if (one.problems === undefined) log.info(line);
}

function matrixOutputs(size: RunSize, inputs: PlanInputs): JobReport['outputs'] {
  const numbers = shardNumbers(size);
  return {
    shards: size.shards,
    matrix: JSON.stringify({ shard: numbers.ordinary }),
    'timeout-minutes': jobMinutes(timeBudgetOf(inputs)),
    'merge-timeout-minutes': mergeMinutes(timeBudgetOf(inputs)),
    'heavy-shards': size.heavyShards,
    'heavy-matrix': JSON.stringify({ shard: numbers.heavy }),
    'heavy-timeout-minutes': jobMinutes(heavyTimeBudgetOf(inputs)),
  };
}

/** Logs the size of the store, and the largest size of what the jobs of this run exchange, as far as it is known. */
function logSizes(index: StoreIndex, plan: Plan, log: Log): void {
  const known = newestResults(index);
  if (known.length === 0) return;
  const stored = known.map((one) => bytesStored(one, index.results.get(one.key)?.stored ?? 'none'));
  const moving = known.filter((one) => ['build', 'maybe'].includes(plan.get(one.package)?.state ?? ''));
  const sum = (bytes: readonly number[]) => `${Math.ceil(bytes.reduce((all, one) => all + one, 0) / 1e6)} MB`;
  log.info(
    `The store has ${stored.filter((bytes) => bytes > 0).length} packages, ${sum(stored)}. This run will exchange up to ${sum(moving.map(bytesOf))}.`,
  );
}

/** Gives the plan and the index to the other jobs of the run. Returns the name of the artifact. */
async function sharePlan(context: BuildContext, file: string, putIndex: PutIndex, exchange: Exchange) {
  const plan = planName(runAttempt());
  const created = await withFolder(context.inputs, async (dir) => {
    await copyFile(file, join(dir, planFile));
    await putIndex(join(dir, indexFile));
    return await exchange.create(plan, filesBelow(dir, [planFile, indexFile]));
  });
  // Only this job creates it: if the artifact exists, the answer to its creation was lost.
  const hint = 'Run all jobs again; plan once in a run.';
  if (created === undefined && (await exchange.find(plan)) === undefined)
    throw problem(`The name '${plan}' is taken in this run`, { hint });
  return plan;
}

async function shareOwnToolchain(context: BuildContext, lockPath: string, exchange: Exchange) {
  const { toolchainDir, tree, inputs, log } = context;
  const name = toolchainName(runAttempt());
  await log.group('Sharing the toolchain', () =>
    shareToolchain(toolchainDir, tree.toolchain, name, exchange, paths.exchange(inputs), lockPath),
  );
  return { 'toolchain-artifact': name };
}
