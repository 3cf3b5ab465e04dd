import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { constant, object, plainName } from '../base/schema.ts';
import { rpmbuildArguments } from '../cache-key/recipe.ts';
import type { Graph } from '../graph/graph.ts';
import { removeTree } from '../host/folders.ts';
import { isDiskFull, lacksReserve } from '../host/full-disk.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { LimitError, type LimitName } from '../host/limit-error.ts';
import type { FailureKind, Outcome } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import { type BuildContext, leastForBuild, paths } from './build-context.ts';
import { kindOfError } from './build-failed.ts';
import { enterRoot } from './build-root.ts';
import { type CheckRoot, rootOfCheck } from './check-root.ts';
import { keepRoot } from './kept-root.ts';
import { keptLog, logFailure, readFailure, shortenLog } from './log-failure.ts';
import { type RpmbuildRun, runRpmbuild, stage } from './pack-srpm.ts';
import { fetchSources } from './tree-sources.ts';

/** The verdict of a package's `%check`. */
export interface CheckVerdict {
  package: string;
  passed: boolean;
  /** Why it failed, for people. */
  reason?: string;
  kind?: FailureKind;
  log?: string;
  /** The cause lines of the log. */
  lines?: string[];
}

/** `checks/<key>.json`: a check that passed. */
interface PassedCheck {
  schema: 'azl/check';
  version: 1;
  package: string;
  passed: true;
}

const passedSchema = object<PassedCheck>({
  ...{ schema: constant('azl/check'), version: constant(1), package: plainName, passed: constant(true) },
});

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
        verdicts.push({ package: name, passed: false, reason, kind: 'time-budget' });
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
  return await checkOne(context, graph, spec).catch((error: unknown) => {
    context.signal.throwIfAborted();
    if (isDiskFull(error)) throw error;
    const reason = `its %check cannot be run: ${(error as Error).message}`;
    return { package: spec.package, passed: false, reason, kind: kindOfError(error) };
  });
}

async function checkOne(context: BuildContext, graph: Graph, spec: Spec): Promise<CheckVerdict> {
  const name = spec.package;
  const failed = (reason: string) => ({ package: name, passed: false, reason, kind: 'requirement' as const });
  const log = join(paths.logs(context.inputs), `${checkLog(name)}.log`);
  await rm(log, { force: true });
  const root = await rootOfCheck(context, graph, spec, log);
  if ('reason' in root) return failed(root.reason);
  const { key } = root;
  const memory = join(context.inputs.cacheDir, 'checks', `${key}.json`);
  if ((await readJson(passedSchema, memory))?.package === name) return { package: name, passed: true };
  const failure = await runCheck(context, spec, root, log);
  if (failure !== undefined) return { ...failed(failure.reason), ...failure };
  const passed: PassedCheck = { schema: 'azl/check', version: 1, package: name, passed: true };
  await writeJson(memory, passed);
  context.log.info(`${name}: %check passed`);
  return { package: name, passed: true };
}

/** Runs the `%check` of a package in a root of its own. A root in which it failed is kept. @returns the failure */
async function runCheck(context: BuildContext, spec: Spec, { content, generated }: CheckRoot, log: string) {
  const overlay = join(paths.overlays(context.inputs), `${spec.package}.check`);
  try {
    const staging = await stage(context, spec, await fetchSources(context, spec));
    const root = await enterRoot(context, spec.package, content, overlay);
    const ended = await endOfCheck({ context, spec, root, staging, log, generated });
    const kept = join(paths.failedRoots(context.inputs), spec.package);
    await removeTree(kept);
    if (ended === 0) return undefined;
    await shortenLog(log, keptLog.usual);
    const failure = await readFailure(log);
    const reason = failure.reason ?? '%check failed';
    const kind: FailureKind = typeof ended === 'number' ? 'check' : ended;
    await logFailure(context, spec, reason, failure);
    if (await lacksReserve([context.inputs.buildDir], 2)) return { log, reason, kind, lines: failure.lines };
    await keepRoot({ overlay, staging }, kept, {
      package: spec.package,
      workerDigest: context.tree.toolchain.workerDigest,
      argv: rpmbuildArguments('check', spec, context.tree.defines, generated),
      asRoot: context.tree.policiesOf(spec.package).includes('build-as-root'),
      log: basename(log),
    });
    return { log, reason, kind, lines: failure.lines };
  } finally {
    await removeTree(overlay);
  }
}

/** Runs a check. Returns its exit code, or the limit at which it was ended, as the end of its log says. */
async function endOfCheck(run: RpmbuildRun): Promise<number | LimitName> {
  try {
    return (await runRpmbuild('check', run, 'any')).code;
  } catch (error) {
    if (error instanceof LimitError) return error.limit;
    throw error;
  }
}
