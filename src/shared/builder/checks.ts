import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkRecipeDigest } from '../cache-key/recipe.ts';
import { type Graph, resultsOf } from '../graph/graph.ts';
import { needsOf } from '../graph/needs.ts';
import { textDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import { isDiskFull } from '../host/full-disk.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { solveRoot } from '../solver/solve-root.ts';
import type { BuildContext } from './build-context.ts';
import { leastForBuild } from './build-context.ts';
import { causeLines } from './cause-lines.ts';
import { enterRoot } from './enter-root.ts';
import { runRpmbuild, stage } from './pack-srpm.ts';
import { paths } from './paths.ts';
import { placeOf } from './place-of.ts';
import { fetchSources } from './tree-sources.ts';

/** The verdict of a package's `%check`. */
export interface CheckVerdict {
  package: string;
  passed: boolean;
  /** True if it is the verdict of an earlier run with the same key. */
  remembered: boolean;
  /** Why it failed, for people. */
  reason?: string;
  log?: string;
}

/** The name of a check's log, without `.log`. */
export function checkLog(name: string): string {
  return `${name}.check`;
}

/**
 * Runs the `%check` of every goal that has one and was built or reused. Each runs in a root of its own, whose files are
 * dropped: a check never changes an RPM. A check that passed is not run again under the same key. Checks that the job has
 * no time for count as failed, so that the RPMs can still be published.
 */
export async function runChecks(
  context: BuildContext,
  graph: Graph,
  outcomes: ReadonlyMap<string, Outcome>,
  jobs = availableParallelism(),
): Promise<CheckVerdict[]> {
  const queue = context.run.goals.filter((name) => {
    const state = outcomes.get(name)?.state;
    return (state === 'built' || state === 'reused') && context.tree.declared.specs.get(name)?.hasCheck;
  });
  const verdicts: CheckVerdict[] = [];
  const total = queue.length;
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      context.signal.throwIfAborted();
      if ((context.buildTime?.left() ?? Number.POSITIVE_INFINITY) <= leastForBuild) {
        const reason = 'its %check was not reached: the job has no more time (time-budget)';
        verdicts.push({ package: name, passed: false, remembered: false, reason });
        continue;
      }
      context.log.progress(`[${verdicts.length}/${total}] %check of ${name}`);
      verdicts.push(await verdictOf(context, graph, context.tree.declared.specs.get(name) as Spec));
    }
  };
  const workers = Array.from({ length: jobs }, worker);
  await Promise.all(workers).finally(() => Promise.allSettled(workers));
  return verdicts.sort((a, b) => (a.package < b.package ? -1 : 1));
}

/** Runs one check. An error that keeps it from running fails this check, and not the run. */
async function verdictOf(context: BuildContext, graph: Graph, spec: Spec): Promise<CheckVerdict> {
  try {
    return await checkOne(context, graph, spec);
  } catch (error) {
    context.signal.throwIfAborted();
    if (isDiskFull(error)) throw error;
    const reason = `its %check cannot be run: ${(error as Error).message}`;
    return { package: spec.package, passed: false, remembered: false, reason };
  }
}

/** The key of a verdict: over the key of the result and everything installed in the root of its `%check`. Pure. */
export function checkKey(resultKey: string | undefined, installed: readonly Rpm[]): string {
  const content = installed.map((rpm) => [rpm.name, rpm.arch, rpm.outputDigest]);
  return textDigest(JSON.stringify([checkRecipeDigest, resultKey, content]));
}

async function checkOne(context: BuildContext, graph: Graph, spec: Spec): Promise<CheckVerdict> {
  const { tree, inputs } = context;
  const name = spec.package;
  const needs = needsOf(graph, name, spec.checkRequires);
  const lacking = [
    ...needs.missing.map(({ capability }) => capability),
    ...needs.waits.map((wait) => wait.open?.capability ?? wait.package),
  ];
  if (lacking.length > 0) {
    return {
      package: name,
      passed: false,
      remembered: false,
      reason: `its %check needs ${lacking.join(', ')}, which is not there`,
    };
  }
  const visible = resultsOf(graph, needs.packages);
  const root = await solveRoot(tree, visible, [...spec.buildRequires, ...spec.checkRequires]);
  if (!root.ok) return { package: name, passed: false, remembered: false, reason: root.problems.join('; ') };
  const installed = root.installed.map(({ origin, rpm }) => ({ origin, file: rpm.file }));
  const result = graph.results.get(name);
  const rpms = root.installed.map(({ rpm }) => rpm);
  const key = checkKey(result?.key, rpms);
  const memory = join(inputs.cacheDir, 'checks', `${key}.json`);
  if ((await readJson<{ passed: boolean }>(memory))?.passed === true)
    return { package: name, passed: true, remembered: true };
  const log = join(paths.logs(inputs), `${checkLog(name)}.log`);
  const overlay = join(paths.overlays(inputs), `${name}.check`);
  await rm(log, { force: true });
  try {
    const staging = await stage(context, spec, await fetchSources(context, spec));
    const entered = await enterRoot(
      context,
      { installed, packages: needs.packages, results: graph.results },
      overlay,
    );
    const ended = await runRpmbuild('check', { context, spec, root: entered, staging, log }, 'any');
    if (ended.code === 0) {
      await writeJson(memory, { schema: 'azl/check', version: 1, package: name, passed: true });
      context.log.info(`${name}: %check passed`);
      return { package: name, passed: true, remembered: false };
    }
    const lines = causeLines(await readFile(log, 'utf8'));
    context.log.error({
      message: [`${name}: %check failed`, ...lines.map((line) => `    ${line}`)].join('\n'),
      ...(await placeOf(context, spec, '%check')),
    });
    return { package: name, passed: false, remembered: false, reason: '%check failed', log };
  } finally {
    await removeTree(overlay);
  }
}
