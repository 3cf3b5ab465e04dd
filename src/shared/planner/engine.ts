import { setImmediate } from 'node:timers/promises';
import { debug } from '../base/debug.ts';
import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import { formatProblem } from '../base/problems.ts';
import { keyText, reasonToBuild } from '../cache-key/reason.ts';
import { type CycleStep, describeCycle, findCycles } from '../graph/cycles.ts';
import { endSearch, excludeProvider } from '../graph/graph.ts';
import type { Wait } from '../graph/needs.ts';
import { findInToolchain } from '../graph/toolchain-index.ts';
import type { Result } from '../model/build-result.ts';
import { inToolchain, type PackagePlan, type UnmetRequirement } from '../model/outcome.ts';
import type { Run } from '../model/run.ts';
import { parseRequirement } from '../rpm/requirement.ts';
import type { Tree } from '../solver/solve-root.ts';
import { DamagedResultError, type ResultFiles, type ResultLookup } from '../store/store.ts';
import { blockedBy } from './blocked-by.ts';
import { byPriority } from './priority.ts';
import {
  acceptResult,
  addBuild,
  addWaits,
  failPackage,
  newProgress,
  type Progress,
  resolveAgain,
} from './progress.ts';
import { type Resolution, resolvePackage, unmetRequirements } from './resolve.ts';
import { mostSearched, nearMissing } from './tree-problems.ts';

/**
 * The services and settings of the engine. It reads no clock, file or environment: it asks the tree's solver, whose
 * answers depend on the question alone, and the store. With the same answers it decides the same, in whatever order
 * builds end.
 */
export interface EngineContext {
  tree: Tree;
  store: ResultLookup & Pick<ResultFiles, 'check'>;
  run: Pick<Run, 'priority' | 'rebuild'>;
  /** True if the result under a key was built in this run: packages of `rebuild` are not built twice. */
  isOfThisRun?: (key: string) => boolean;
  log: Pick<Log, 'warn'>;
  /** True if nothing is built: what needs a stand-in that is not converted is open, and else fails. */
  isPlan?: boolean;
}

/** Packages that are resolved in a row. Then others have their turn: heartbeats, the output of builds. */
const atOnce = 8;

/**
 * Resolves everything that needs no further build: reuses results that the store has, finds packages that are ready,
 * blocks those that need a failed one. To be called again whenever a build has ended. Ends early when the progress is
 * stale.
 * @param busy packages being built right now
 */
export async function resolvePackages(
  context: EngineContext,
  progress: Progress,
  busy: ReadonlySet<string>,
): Promise<void> {
  const { unresolved, ready, waiting, unconverted } = progress;
  for (let count = 0; !progress.isStale; ) {
    const next = byPriority(
      [...unresolved].filter((name) => !busy.has(name)),
      context.run.priority,
    );
    for (const name of next) {
      if (progress.isStale) return;
      if (++count % atOnce === 0) await setImmediate();
      apply(context, progress, name, await resolvePackage(context.tree, progress.graph, name));
      await reuse(context, progress, name);
    }
    if (next.length > 0) continue;
    const isOpen = ready.size > 0 || (context.isPlan === true && unconverted.size > 0);
    const isStuck = busy.size === 0 && !isOpen && waiting.size > 0;
    if (!isStuck || !(await resolveDeadlock(context, progress))) return;
  }
}

/** Resolves one package again, now that its `%generate_buildrequires` has run. */
export async function resolveNext(context: EngineContext, progress: Progress, name: string): Promise<void> {
  resolveAgain(progress, name);
  apply(context, progress, name, await resolvePackage(context.tree, progress.graph, name));
  await reuse(context, progress, name);
}

/** Notes how a package was resolved. */
function apply(context: EngineContext, progress: Progress, name: string, resolution: Resolution): void {
  if (!progress.unresolved.delete(name)) return;
  if (resolution.state === 'waiting') addWaits(progress, name, resolution.waits);
  else if (resolution.state === 'ready') addBuild(progress, name, resolution.build);
  else if (resolution.state === 'unconverted' && context.isPlan === true)
    progress.unconverted.set(name, resolution.standIns);
  else if (resolution.state === 'unconverted') {
    const reason = `${describeUnconverted(resolution.standIns)}. A build revealed it: run again`;
    failPackage(progress, name, { state: 'failed', reason, kind: 'requirement' });
    progress.unconverted.set(name, resolution.standIns);
  } else if (resolution.state === 'blocked')
    failPackage(progress, name, blockedBy(resolution.by, progress.outcomes));
  else {
    const kind = resolution.state === 'invalid' ? 'input' : 'requirement';
    failPackage(progress, name, { state: 'failed', reason: describe(resolution, context.tree), kind });
  }
}

/** Takes the result of a package that is ready from the store, or says why it has to be built. */
async function reuse(context: EngineContext, progress: Progress, name: string): Promise<void> {
  const build = progress.ready.get(name)?.build;
  if (build === undefined) return;
  if (build.isRound === true) {
    progress.ready.set(name, { build, reason: 'its %generate_buildrequires runs first' });
    return;
  }
  const result = await lookUp(context, name, build.key);
  const before = result === undefined ? (await context.store.latest(name))?.components : undefined;
  debug(() => keyText(name, build.key, build.components, before));
  if (result === undefined) {
    const isAskedFor = context.run.rebuild.has(name);
    const reason = isAskedFor ? 'asked for (package-rebuild-list)' : reasonToBuild(before, build.components);
    progress.ready.set(name, { build, reason });
    return;
  }
  progress.ready.delete(name);
  acceptResult(progress, { state: 'reused', reason: 'nothing that reaches it changed', result });
}

/**
 * Goes on when every package waits and nothing can be built. First, packages that wait only because any build might
 * provide what they need are resolved with what is built. All of them look at the same results, so their order does not
 * matter. If that makes none ready, cycles are broken. If there is none, the searches are over.
 * @returns true if packages may be resolved after it
 */
async function resolveDeadlock(context: EngineContext, progress: Progress): Promise<boolean> {
  const { waiting, graph } = progress;
  // Some of what these wait for has ended, and shows more. All deadlocks of a tree are resolved on the whole truth.
  const hasEnded = ({ package: one, open }: Wait) =>
    graph.results.has(one) || (open?.isCandidate === false && graph.failed.has(one));
  const outdated = [...waiting].filter(([, waits]) => waits.some(hasEnded));
  for (const [name] of outdated) resolveAgain(progress, name);
  if (outdated.length > 0) return true;
  const searching = [...waiting].flatMap(([name, waits]) =>
    waits.every(({ open }) => open?.isCandidate === false) ? [name] : [],
  );
  const over: string[] = [];
  for (const name of searching) {
    const { state } = await resolvePackage(context.tree, graph, name, { isSearchOver: true });
    if (state === 'ready') over.push(name);
  }
  if (over.length === 0 && breakCycles(progress, new Set(searching))) return true;
  const ended = over.length > 0 ? over : searching;
  for (const name of ended) {
    endSearch(graph, name);
    resolveAgain(progress, name);
  }
  return ended.length > 0;
}

/**
 * Breaks cycles of packages that wait for each other. A provider that is only expected cannot come from a package that
 * waits itself: one such expectation of each cycle is given up. If all waits of a cycle are certain, its packages fail.
 * @param searching packages that wait for any other: they are in no cycle
 * @returns true if there was a cycle
 */
function breakCycles(progress: Progress, searching: ReadonlySet<string>): boolean {
  const { waiting, awaited, graph } = progress;
  const waitsOf = (name: string) => {
    const open = searching.has(name) ? undefined : awaited.get(name);
    return (waiting.get(name) ?? []).filter((one) => open?.has(one.package) === true);
  };
  const steps = (name: string): CycleStep[] =>
    waitsOf(name).map((one) => ({ package: name, needs: one.package, open: one.open?.capability }));
  const through = (name: string, needs: string) =>
    waitsOf(name).find((one) => one.package === needs)?.through ?? [];
  const cycles = findCycles(waiting.keys(), steps);
  const { toolchain } = graph.declared;
  // First what the toolchain provides, too: the package can still be built.
  const isPrebuilt = ({ open = '' }: CycleStep) =>
    findInToolchain(toolchain, parseRequirement(open)).length > 0;
  const expected = cycles.flatMap((cycle) => {
    const open = cycle.filter((step) => step.open !== undefined);
    open.sort((a, b) => Number(isPrebuilt(b)) - Number(isPrebuilt(a)) || order(a.package, b.package));
    return open.slice(0, 1);
  });
  for (const step of expected) {
    excludeProvider(graph, step.package, step.needs);
    resolveAgain(progress, step.package);
  }
  // A cycle whose package is resolved again may be another one then, or none.
  if (expected.length > 0) return true;
  for (const cycle of cycles) {
    const reason = `dependency cycle: ${describeCycle(cycle, through)}`;
    for (const step of cycle) failPackage(progress, step.package, { state: 'failed', reason, kind: 'cycle' });
  }
  return cycles.length > 0;
}

/** Why a package is open whose next round is to be run. */
const openRound = 'decided by what its %generate_buildrequires names, which runs when a job comes to it';

/** Decides what becomes of each package of a run without building anything: what `make plan` shows. */
export async function planBuilds(context: EngineContext & { run: Run }): Promise<Map<string, PackagePlan>> {
  const { tree, run } = context;
  let progress: Progress | undefined;
  do {
    progress = newProgress(tree.declared, run, progress);
    await resolvePackages({ ...context, isPlan: true }, progress, new Set());
  } while (progress.isStale);
  const { outcomes, ready, waiting, graph } = progress;
  const plan = new Map<string, PackagePlan>(
    run.prebuilt.map((name) => [name, { state: 'reuse', reason: inToolchain }]),
  );
  for (const [name, outcome] of outcomes) {
    const { reason } = outcome;
    if ('result' in outcome) plan.set(name, { state: 'reuse', reason, result: outcome.result });
    else if (outcome.state === 'blocked') plan.set(name, outcome);
    else if (outcome.state === 'failed') {
      const { kind, problems, line } = outcome;
      const unmet = problems === undefined ? unmetRequirements(graph, name) : [];
      plan.set(name, { state: 'failed', reason, kind, problems, line, unmet });
    }
  }
  for (const [name, one] of ready) {
    if (one.build.isRound === true) plan.set(name, { state: 'maybe', reason: openRound, waitsFor: [] });
    else plan.set(name, { state: 'build', ...one });
  }
  for (const [name, standIns] of progress.unconverted)
    plan.set(name, { state: 'maybe', reason: describeUnconverted(standIns), waitsFor: [] });
  for (const [name, waits] of waiting) {
    const unmet = unmetRequirements(graph, name);
    if (unmet.length > 0) {
      plan.set(name, { state: 'failed', reason: describeUnmet(unmet, tree), kind: 'requirement', unmet });
      continue;
    }
    const waitsFor = waits.map((one) => one.package);
    plan.set(name, { state: 'maybe', reason: `decided by what ${waitsFor.join(', ')} will be`, waitsFor });
  }
  return plan;
}

/** Stand-ins that one reason names before the rest is counted. */
const mostNamed = 5;

function describeUnconverted(files: readonly string[]): string {
  const names = files.slice(0, mostNamed).map((file) => file.replace(/\.rpm$/, ''));
  const more = files.length > mostNamed ? ` and ${files.length - mostNamed} more` : '';
  return `needs stand-ins that the build converts first: ${names.join(', ')}${more}`;
}

/** The result that the store has under a key, unless the package is to be rebuilt. A damaged one is dropped. */
async function lookUp(context: EngineContext, name: string, key: string): Promise<Result | undefined> {
  if (context.run.rebuild.has(name) && context.isOfThisRun?.(key) !== true) return undefined;
  try {
    const found = await context.store.get(key, name);
    if (found !== undefined) await context.store.check(found);
    return found;
  } catch (error) {
    if (!(error instanceof DamagedResultError)) throw error;
    context.log.warn(`${error.message}. It is built again.`);
    await context.store.drop(key);
    return undefined;
  }
}

function describe(
  resolution: Extract<Resolution, { state: 'missing' | 'unsolvable' | 'invalid' }>,
  tree: Tree,
): string {
  if (resolution.state === 'invalid') return resolution.problems.map(formatProblem).join('; ');
  if (resolution.state === 'unsolvable')
    return `its build root cannot be made: ${resolution.problems.join('; ')}`;
  return describeUnmet(resolution.missing, tree);
}

/** Says what nothing provides, with the nearest names. */
export function describeUnmet(unmet: readonly UnmetRequirement[], tree: Tree): string {
  const lines = unmet.map(({ capability, path, isGenerated }) => {
    const by = `${isGenerated === true ? 'the %generate_buildrequires of ' : ''}${path.toReversed().join(', needed by ')}`;
    return `nothing provides '${capability}', needed by ${by}`;
  });
  const searched = unmet.slice(0, mostSearched);
  const hints = searched.map((one) => nearMissing(tree.declared, one, tree.specs).trimEnd());
  return [lines.join('; '), ...new Set(hints.filter(Boolean))].join('. ');
}
