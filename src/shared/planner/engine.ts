import { debug } from '../base/debug.ts';
import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import { formatProblem } from '../base/problems.ts';
import { keyText, reasonToBuild } from '../cache-key/reason.ts';
import { type CycleStep, describeCycle, findCycles } from '../graph/cycles.ts';
import {
  addFailure,
  addResult,
  type DeclaredGraph,
  excludeProvider,
  type Graph,
  newGraph,
  packageWithSameFile,
} from '../graph/graph.ts';
import type { Wait } from '../graph/needs.ts';
import type { Result } from '../model/build-result.ts';
import type { Outcome, PackagePlan, ReadyBuild } from '../model/outcome.ts';
import type { Run } from '../model/run.ts';
import type { Tree } from '../solver/solve-root.ts';
import { DamagedResultError, type ResultFiles, type ResultLookup } from '../store/store.ts';
import { byPriority } from './priority.ts';
import { type Resolution, resolvePackage } from './resolve.ts';

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
}

/** Where the packages of a run stand. Grows until each has an outcome. Changed by the functions of this file alone. */
export interface Progress {
  /** The packages that were built or failed so far. */
  graph: Graph;
  /** Packages of this run: the goals and all they may need. What builds reveal is added. */
  names: Set<string>;
  outcomes: Map<string, Outcome>;
  /** Builds that the store has no result of, and that were not started. */
  ready: Map<string, ReadyBuild>;
  /** The waits of each of the others. */
  waiting: Map<string, Wait[]>;
}

/** The run of `names` with nothing built or decided. */
export function newProgress(declared: DeclaredGraph, names: Iterable<string>): Progress {
  const [outcomes, ready, waiting] = [new Map(), new Map(), new Map()];
  return { graph: newGraph(declared), names: new Set(names), outcomes, ready, waiting };
}

/**
 * Resolves everything that needs no further build: reuses results that the store has, finds packages that are ready,
 * blocks those that need a failed one. To be called again whenever a build has ended.
 * @param busy packages being built right now
 */
export async function resolvePackages(
  context: EngineContext,
  progress: Progress,
  busy: ReadonlySet<string>,
): Promise<void> {
  const { graph, names, outcomes, ready, waiting } = progress;
  for (let changed = true; changed; ) {
    changed = false;
    waiting.clear();
    for (const name of byPriority([...names], context.run.priority)) {
      if (outcomes.has(name) || busy.has(name) || ready.has(name)) continue;
      const resolution = await resolvePackage(context.tree, graph, name);
      changed = (await apply(context, progress, name, resolution)) || changed;
    }
    if (!changed && busy.size === 0 && ready.size === 0 && waiting.size > 0)
      changed = await resolveDeadlock(context, progress);
  }
}

/**
 * Goes on when every package waits and nothing can be built. First, packages that wait only because any build might
 * reveal a provider are resolved with what is built. All of them look at the same results, so their order does not
 * matter. If that makes none ready, cycles are broken. If there is none, the packages that cannot be resolved fail.
 * @returns true if other packages may be resolved after it
 */
async function resolveDeadlock(context: EngineContext, progress: Progress): Promise<boolean> {
  const resolutions = new Map<string, Resolution>();
  for (const [name, waits] of progress.waiting) {
    if (waits.every(({ open }) => open?.isCandidate === false))
      resolutions.set(name, await resolvePackage(context.tree, progress.graph, name, true));
  }
  const ready = [...resolutions].filter(([, { state }]) => state === 'ready');
  for (const [name, resolution] of ready) {
    progress.waiting.delete(name);
    await apply(context, progress, name, resolution);
  }
  if (ready.length > 0) return true;
  for (const [name, resolution] of resolutions) {
    if (resolution.state === 'waiting') progress.waiting.set(name, resolution.waits);
    else progress.waiting.delete(name);
  }
  if (breakCycles(progress)) return true;
  const unresolvable = [...resolutions].filter(([, { state }]) => state !== 'waiting');
  for (const [name, resolution] of unresolvable) await apply(context, progress, name, resolution);
  return unresolvable.length > 0;
}

/**
 * Breaks cycles of packages that wait for each other. A provider that is only expected cannot come from a package that
 * waits itself: one such expectation of each cycle is given up. If all waits of a cycle are certain, its packages fail.
 * @returns true if there was a cycle
 */
function breakCycles(progress: Progress): boolean {
  const { waiting } = progress;
  const steps = (name: string): CycleStep[] =>
    (waiting.get(name) ?? []).map(({ package: needs, through, open }) => {
      return { package: name, needs, through, open: open?.capability };
    });
  const cycles = findCycles(waiting.keys(), steps);
  for (const cycle of cycles) {
    const [expected] = cycle
      .filter(({ open }) => open !== undefined)
      .sort((a, b) => order(a.package, b.package));
    if (expected !== undefined) {
      excludeProvider(progress.graph, expected.package, expected.needs);
      continue;
    }
    const reason = `dependency cycle: ${describeCycle(cycle)}`;
    for (const step of cycle) failPackage(progress, step.package, { state: 'failed', reason });
  }
  return cycles.length > 0;
}

/** Notes how a package was resolved. @returns true if other packages may be resolved after it */
async function apply(
  context: EngineContext,
  progress: Progress,
  name: string,
  resolution: Resolution,
): Promise<boolean> {
  if (resolution.state === 'waiting') return applyWaits(progress, name, resolution.waits);
  if (resolution.state !== 'ready') {
    const reason = describe(resolution, progress.graph.failed);
    failPackage(progress, name, { state: 'failed', reason });
    return true;
  }
  const { build } = resolution;
  const result = await lookUp(context, name, build.key);
  const before = result === undefined ? (await context.store.latest(name))?.components : undefined;
  debug(() => keyText(name, build.key, build.components, before));
  if (result === undefined) {
    const isAskedFor = context.run.rebuild.has(name);
    const reason = isAskedFor ? 'asked for (package-rebuild-list)' : reasonToBuild(before, build.components);
    progress.ready.set(name, { build, reason });
    return false;
  }
  acceptResult(progress, { state: 'reused', reason: 'nothing that reaches it changed', result });
  return true;
}

function applyWaits(progress: Progress, name: string, waits: Wait[]): boolean {
  const { graph, names, outcomes, waiting } = progress;
  const failed = waits.filter(
    ({ open, package: needed }) => open?.isCandidate !== false && graph.failed.has(needed),
  );
  if (failed.length > 0) {
    const needed = failed.map((one) => one.package);
    failPackage(progress, name, blockedBy(needed, outcomes));
    return true;
  }
  waiting.set(name, waits);
  const before = names.size;
  for (const one of waits) names.add(one.package);
  return names.size > before;
}

/** Notes a result, built or reused. It is refused, and its package fails, if another package's has a file of that name. */
export function acceptResult(progress: Progress, outcome: Extract<Outcome, { result: Result }>): void {
  const { result } = outcome;
  const other = packageWithSameFile(progress.graph, result);
  if (other === undefined) {
    progress.outcomes.set(result.package, outcome);
    addResult(progress.graph, result);
  } else {
    const reason = `its build made ${other.file}, which ${other.package} makes, too`;
    failPackage(progress, result.package, { state: 'failed', reason });
  }
}

/** Notes that a package has no result in this run. */
export function failPackage(progress: Progress, name: string, outcome: Outcome): void {
  progress.outcomes.set(name, outcome);
  addFailure(progress.graph, name);
}

/** Decides what becomes of each package of a run without building anything: what `make plan` shows. */
export async function planBuilds(context: EngineContext & { run: Run }): Promise<Map<string, PackagePlan>> {
  const progress = newProgress(context.tree.declared, context.run.names);
  await resolvePackages(context, progress, new Set());
  const { outcomes, ready, waiting } = progress;
  const plan = new Map<string, PackagePlan>();
  for (const [name, outcome] of outcomes) {
    const { reason } = outcome;
    if (outcome.state === 'reused') plan.set(name, { state: 'reuse', reason, result: outcome.result });
    else plan.set(name, { state: 'failed', reason });
  }
  for (const [name, one] of ready) plan.set(name, { state: 'build', ...one });
  for (const [name, waits] of waiting) {
    const waitsFor = waits.map((one) => one.package);
    plan.set(name, { state: 'maybe', reason: `decided by what ${waitsFor.join(', ')} will be`, waitsFor });
  }
  return plan;
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

function blockedBy(needed: readonly string[], outcomes: ReadonlyMap<string, Outcome>): Outcome {
  const roots = new Set(
    needed.flatMap((name) => {
      const outcome = outcomes.get(name);
      return outcome?.state === 'blocked' ? outcome.rootCauses : [name];
    }),
  );
  const rootCauses = [...roots].sort(order);
  return { state: 'blocked', reason: `needs ${rootCauses.join(', ')}, which failed`, rootCauses };
}

function describe(
  resolution: Exclude<Resolution, { state: 'waiting' | 'ready' }>,
  failed: ReadonlySet<string>,
): string {
  if (resolution.state === 'invalid') return resolution.problems.map(formatProblem).join('; ');
  if (resolution.state === 'unsolvable')
    return `its build root cannot be made: ${resolution.problems.join('; ')}`;
  const names = [...failed].sort(order).join(', ');
  const perhaps = failed.size === 0 ? '' : ` (perhaps one of those that failed would: ${names})`;
  const lines = resolution.missing.map(({ capability, path }) => {
    return `nothing provides '${capability}', needed by ${path.toReversed().join(', needed by ')}${perhaps}`;
  });
  return lines.join('; ');
}
