import { order } from '../base/order.ts';
import { formatProblem } from '../base/problems.ts';
import { reasonToBuild } from '../cache-key/reason.ts';
import { type CycleStep, describeCycle, findCycles } from '../graph/cycles.ts';
import {
  addFailure,
  addResult,
  type DeclaredGraph,
  excludeProvider,
  type Graph,
  newGraph,
  sameFile,
} from '../graph/graph.ts';
import type { Wait } from '../graph/needs.ts';
import type { Result } from '../model/build-result.ts';
import type { Outcome, PackagePlan, PlannedBuild } from '../model/outcome.ts';
import type { Tree } from '../solver/solve-root.ts';
import { DamagedResultError, type Store } from '../store/store.ts';
import { byPriority } from './priority.ts';
import { resolvePackage, type Verdict } from './resolve.ts';

/** What the engine is driven by. */
export interface EngineOptions {
  tree: Tree;
  store: Store;
  priority: ReadonlyMap<string, number>;
  /** Packages that are built even when the store has their result. */
  rebuild: ReadonlySet<string>;
  /** Whether the result under a key was built in this run: then even those are not built again. */
  isOfThisRun?: (key: string) => boolean;
  warn: (message: string) => void;
}

/** Where the packages of a run stand. Grows until each has an outcome. Changed by the functions of this file alone. */
export interface Progress {
  /** What was built and what failed so far. */
  graph: Graph;
  /** Packages of this run: the goals and all they may need. What builds reveal is added. */
  names: Set<string>;
  outcomes: Map<string, Outcome>;
  /** Keyed, missing in the store, not started. */
  ready: Map<string, { keyed: PlannedBuild; reason: string }>;
  /** What each of the others waits for. */
  waiting: Map<string, Wait[]>;
}

/** The run of `names` with nothing built or decided. */
export function newProgress(declared: DeclaredGraph, names: Iterable<string>): Progress {
  return {
    graph: newGraph(declared),
    names: new Set(names),
    outcomes: new Map(),
    ready: new Map(),
    waiting: new Map(),
  };
}

/**
 * Settles everything that can be settled without a build: reuses what the store has under the key, finds what is
 * ready, blocks what needs a failed package. To be called again whenever a build has ended.
 * @param busy packages being built right now
 */
export async function resolvePackages(
  options: EngineOptions,
  progress: Progress,
  busy: ReadonlySet<string>,
): Promise<void> {
  const { names, outcomes, ready, waiting } = progress;
  for (let moved = true; moved; ) {
    moved = false;
    waiting.clear();
    for (const name of byPriority([...names], options.priority)) {
      if (outcomes.has(name) || busy.has(name) || ready.has(name)) continue;
      const verdict = await resolvePackage(options.tree, progress.graph, name);
      moved = (await apply(options, progress, name, verdict)) || moved;
    }
    if (!moved && busy.size === 0 && ready.size === 0 && waiting.size > 0)
      moved = await resolveDeadlock(options, progress);
  }
}

/**
 * Nothing can be built: whoever hopes for what any spec might turn out to provide takes what is there. All of them look
 * at the same results, so that it does not matter who comes first. Where that helps nobody, circles are untied, and
 * who hopes in vain has failed.
 */
async function resolveDeadlock(options: EngineOptions, progress: Progress): Promise<boolean> {
  const late = new Map<string, Verdict>();
  for (const [name, waits] of progress.waiting) {
    if (waits.every(({ open }) => open?.likely === false))
      late.set(name, await resolvePackage(options.tree, progress.graph, name, true));
  }
  const keyed = [...late].filter(([, { state }]) => state === 'keyed');
  for (const [name, verdict] of keyed) {
    progress.waiting.delete(name);
    await apply(options, progress, name, verdict);
  }
  if (keyed.length > 0) return true;
  for (const [name, verdict] of late) {
    if (verdict.state === 'waits') progress.waiting.set(name, verdict.waits);
    else progress.waiting.delete(name);
  }
  if (breakCycle(progress)) return true;
  const vain = [...late].filter(([, { state }]) => state !== 'waits');
  for (const [name, verdict] of vain) await apply(options, progress, name, verdict);
  return vain.length > 0;
}

/**
 * Packages wait for each other in a circle. What one of them may provide to another cannot come from there: one such
 * wait is given up. Where all of a circle is certain, it is a cycle that builds brought. Answers whether there was one.
 */
function breakCycle(progress: Progress): boolean {
  const { waiting } = progress;
  const steps = (name: string): CycleStep[] =>
    (waiting.get(name) ?? []).map((one) => ({
      package: name,
      needs: one.package,
      through: one.through,
      ...(one.open === undefined ? {} : { open: one.open.capability }),
    }));
  const cycles = findCycles(waiting.keys(), steps);
  for (const cycle of cycles) {
    const [guess] = cycle
      .filter(({ open }) => open !== undefined)
      .sort((a, b) => order(a.package, b.package));
    if (guess !== undefined) {
      excludeProvider(progress.graph, guess.package, guess.needs);
      continue;
    }
    const reason = `dependency cycle: ${describeCycle(cycle)}`;
    for (const step of cycle) failPackage(progress, step.package, { state: 'failed', reason });
  }
  return cycles.length > 0;
}

/** Notes what a verdict says of a package. Answers whether others may be settled after it. */
async function apply(
  options: EngineOptions,
  progress: Progress,
  name: string,
  verdict: Verdict,
): Promise<boolean> {
  const { names, outcomes, ready, waiting } = progress;
  if (verdict.state === 'waits') {
    const broken = verdict.waits.filter(
      (one) => one.open?.likely !== false && isBroken(outcomes.get(one.package)),
    );
    if (broken.length > 0) {
      failPackage(
        progress,
        name,
        blocked(
          broken.map((one) => one.package),
          outcomes,
        ),
      );
      return true;
    }
    waiting.set(name, verdict.waits);
    const before = names.size;
    for (const one of verdict.waits) names.add(one.package);
    return names.size > before;
  }
  if (verdict.state !== 'keyed') {
    failPackage(progress, name, {
      state: 'failed',
      reason: words(verdict, progress.graph.failed),
    });
    return true;
  }
  const found = await lookUp(options, name, verdict.keyed);
  if (found === undefined) {
    ready.set(name, { keyed: verdict.keyed, reason: await reason(options, name, verdict.keyed) });
    return false;
  }
  acceptResult(progress, {
    state: 'reused',
    reason: 'nothing that reaches it changed',
    result: found,
  });
  return true;
}

/** Notes a result, built or reused, unless another package's holds a file of the same name. */
export function acceptResult(progress: Progress, outcome: Extract<Outcome, { result: Result }>): void {
  const { result } = outcome;
  const clash = sameFile(progress.graph, result);
  if (clash === undefined) {
    progress.outcomes.set(result.package, outcome);
    addResult(progress.graph, result);
  } else {
    const reason = `its build made ${clash.file}, which ${clash.package} makes, too`;
    failPackage(progress, result.package, { state: 'failed', reason });
  }
}

/** Notes that a package will have no result in this run. */
export function failPackage(progress: Progress, name: string, outcome: Outcome): void {
  progress.outcomes.set(name, outcome);
  addFailure(progress.graph, name);
}

/** What a plan says of each package, from where {@link resolvePackages} got without building anything. */
export function planned(progress: Progress): Map<string, PackagePlan> {
  const plan = new Map<string, PackagePlan>();
  for (const [name, outcome] of progress.outcomes) {
    if (outcome.state === 'reused')
      plan.set(name, { state: 'reuse', reason: outcome.reason, result: outcome.result });
    else plan.set(name, { state: 'failed', reason: outcome.reason });
  }
  for (const [name, { keyed, reason: why }] of progress.ready)
    plan.set(name, { state: 'build', reason: why, keyed });
  for (const [name, waits] of progress.waiting) {
    const waitsFor = waits.map((one) => one.package);
    plan.set(name, { state: 'maybe', reason: `decided by what ${waitsFor.join(', ')} will be`, waitsFor });
  }
  return plan;
}

async function lookUp(
  options: EngineOptions,
  name: string,
  keyed: PlannedBuild,
): Promise<Result | undefined> {
  if (options.rebuild.has(name) && options.isOfThisRun?.(keyed.key) !== true) return undefined;
  try {
    const found = await options.store.get(keyed.key, name);
    if (found !== undefined) await options.store.check(found);
    return found;
  } catch (error) {
    if (!(error instanceof DamagedResultError)) throw error;
    options.warn(`${error.message}. It is built again.`);
    await options.store.drop(keyed.key);
    return undefined;
  }
}

async function reason(options: EngineOptions, name: string, keyed: PlannedBuild): Promise<string> {
  if (options.rebuild.has(name)) return 'asked for (package-rebuild-list)';
  return reasonToBuild((await options.store.latest(name))?.components, keyed.components);
}

function isBroken(outcome: Outcome | undefined): boolean {
  return outcome?.state === 'failed' || outcome?.state === 'blocked';
}

function blocked(broken: readonly string[], outcomes: ReadonlyMap<string, Outcome>): Outcome {
  const roots = new Set(
    broken.flatMap((name) => {
      const outcome = outcomes.get(name);
      return outcome?.state === 'blocked' ? outcome.rootCauses : [name];
    }),
  );
  const rootCauses = [...roots].sort(order);
  return { state: 'blocked', reason: `needs ${rootCauses.join(', ')}, which failed`, rootCauses };
}

function words(verdict: Exclude<Verdict, { state: 'waits' | 'keyed' }>, failed: ReadonlySet<string>): string {
  if (verdict.state === 'faulty') return verdict.problems.map(formatProblem).join('; ');
  if (verdict.state === 'unsolvable') return `its build root cannot be made: ${verdict.problems.join('; ')}`;
  const perhaps =
    failed.size === 0
      ? ''
      : ` (perhaps one of those that failed would: ${[...failed].sort(order).join(', ')})`;
  return verdict.missing
    .map(
      ({ capability, path }) =>
        `nothing provides '${capability}', needed by ${path.toReversed().join(', needed by ')}${perhaps}`,
    )
    .join('; ');
}
