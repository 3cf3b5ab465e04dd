import { ProblemsError } from '../base/problems.ts';
import { StoreUnavailableError } from '../github/cache/cache.ts';
import { isDiskFull } from '../host/full-disk.ts';
import type { Result } from '../model/build-result.ts';
import { foundInStore, type Outcome, type ReadyBuild } from '../model/outcome.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { DamagedResultError } from '../store/store.ts';
import type { BuildContext } from './build-context.ts';
import { BuildFailedError, kindOfError } from './build-failed.ts';
import { buildPackage, generatePackage } from './build-package.ts';
import { logFailure, logProblems, readFailure } from './log-failure.ts';
import { fetchSources } from './tree-sources.ts';

/** The end of a run of a package's `%generate_buildrequires`: the requirements that it named. */
export interface Round {
  state: 'round';
  named: readonly Capability[];
}

/**
 * Builds one package, unless the store has its result after all. A build that fails is logged and is an outcome. A
 * {@link PlannedBuild} that is a round runs its `%generate_buildrequires` alone.
 * @throws DamagedResultError when a result that it needs cannot be had; BuildFailedError when it ran out of time that
 *   another job may have; whatever ends the whole run
 */
export async function buildOne(
  context: BuildContext,
  name: string,
  { build, reason: why }: ReadyBuild,
  results: ReadonlyMap<string, Result>,
): Promise<Outcome | Round> {
  const spec = context.tree.declared.specs.get(name) as Spec;
  const started = performance.now();
  try {
    if (build.isRound === true) {
      const files = await fetchSources(context, spec);
      return { state: 'round', named: await generatePackage(context, spec, { build, results, files }) };
    }
    const found = context.run.rebuild.has(name) ? undefined : await context.store.search(build.key, name);
    if (found !== undefined) {
      context.log.info(`${name}: reused after all: ${foundInStore}`);
      return { state: 'reused', reason: foundInStore, result: found };
    }
    const files = await fetchSources(context, spec);
    const result = await buildPackage(context, spec, { build, results, files });
    context.store.offer(result);
    return { state: 'built', reason: why, result };
  } catch (error) {
    context.signal.throwIfAborted();
    if (isDiskFull(error) || error instanceof DamagedResultError || error instanceof StoreUnavailableError)
      throw error;
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const ranOut = error instanceof BuildFailedError && error.ranOutOfTime;
    if (ranOut && context.buildTime?.isWhole(seconds) === false) throw error;
    const log = error instanceof BuildFailedError ? error.log : undefined;
    const failure = await readFailure(log);
    const ended = error instanceof BuildFailedError ? error.endedBy : undefined;
    // A full disk may have cut off the line that says it.
    const tells = !ranOut && (ended === undefined || failure.reason?.endsWith(ended));
    const reason = (tells ? failure.reason : undefined) ?? (error as Error).message;
    let line: number | undefined;
    if (error instanceof ProblemsError) logProblems(context, spec, error);
    else line = await logFailure(context, spec, reason, failure);
    return { state: 'failed', reason, kind: kindOfError(error), line, seconds, key: build.key, log };
  }
}
