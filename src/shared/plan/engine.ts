import { describeCycle, findCycles } from '../graph/cycles.ts';
import { order } from '../graph/graph.ts';
import { reasonToBuild } from '../key/reason.ts';
import type { Result } from '../result/result.ts';
import { byPriority } from '../schedule/priority.ts';
import { DamagedResult, type Store } from '../store/store.ts';
import { learn, settle, type Tree } from './settle.ts';
import type { Keyed, Outcome, Planned } from './state.ts';

/** What the engine is driven by. */
export interface EngineOptions {
  tree: Tree;
  store: Store;
  /** Packages of this run: the goals and all they may need. */
  names: readonly string[];
  priority: ReadonlyMap<string, number>;
  /** Packages that are built even when the store has their result. */
  rebuild: ReadonlySet<string>;
  warn: (message: string) => void;
}

/** Where the packages of a run stand. Grows until each has an outcome. */
export interface Progress {
  outcomes: Map<string, Outcome>;
  /** Keyed, missing in the store, not started. */
  ready: Map<string, { keyed: Keyed; reason: string }>;
  /** Names in `waitsFor` what decides. */
  waiting: Map<string, string[]>;
}

/**
 * Settles everything that can be settled without a build: reuses what the store has under the key, finds what is
 * ready, blocks what needs a failed package. To be called again whenever a build has ended.
 * @param busy packages being built right now
 */
export async function settleAll(
  options: EngineOptions,
  progress: Progress,
  busy: ReadonlySet<string>,
): Promise<void> {
  const { tree, outcomes, ready, waiting } = { ...options, ...progress };
  for (let moved = true; moved; ) {
    moved = false;
    waiting.clear();
    for (const name of byPriority(options.names, options.priority)) {
      if (outcomes.has(name) || busy.has(name) || ready.has(name)) continue;
      const verdict = await settle(tree, name);
      if (verdict.state === 'waits') {
        const broken = verdict.waitsFor.filter((need) => isBroken(outcomes.get(need)));
        if (broken.length > 0) {
          outcomes.set(name, blocked(broken, outcomes));
          moved = true;
        } else waiting.set(name, verdict.waitsFor);
      } else if (verdict.state === 'keyed') {
        const found = await lookUp(options, name, verdict.keyed);
        if (found === undefined)
          ready.set(name, { keyed: verdict.keyed, reason: await reason(options, name, verdict.keyed) });
        else {
          outcomes.set(name, { state: 'reused', reason: 'nothing that reaches it changed', result: found });
          learn(tree, found);
          moved = true;
        }
      } else {
        outcomes.set(name, { state: 'failed', reason: words(verdict) });
        moved = true;
      }
    }
  }
  if (ready.size === 0 && busy.size === 0 && waiting.size > 0) {
    for (const [name, reasonWords] of knots(tree, waiting))
      outcomes.set(name, { state: 'failed', reason: reasonWords });
    waiting.clear();
    await settleAll(options, progress, busy);
  }
}

/** What a plan says of each package, from where {@link settleAll} got without building anything. */
export function planned(progress: Progress): Map<string, Planned> {
  const plan = new Map<string, Planned>();
  for (const [name, outcome] of progress.outcomes) {
    if (outcome.state === 'reused')
      plan.set(name, { state: 'reuse', reason: outcome.reason, result: outcome.result });
    else plan.set(name, { state: 'failed', reason: outcome.reason });
  }
  for (const [name, { keyed, reason: why }] of progress.ready)
    plan.set(name, { state: 'build', reason: why, keyed });
  for (const [name, waitsFor] of progress.waiting) {
    plan.set(name, { state: 'maybe', reason: `decided by what ${waitsFor.join(', ')} will be`, waitsFor });
  }
  return plan;
}

async function lookUp(options: EngineOptions, name: string, keyed: Keyed): Promise<Result | undefined> {
  if (options.rebuild.has(name)) return undefined;
  try {
    const found = await options.store.get(keyed.key, name);
    if (found !== undefined) await options.store.open(found);
    return found;
  } catch (error) {
    if (!(error instanceof DamagedResult)) throw error;
    options.warn(`${error.message}. It is built again.`);
    await options.store.drop(keyed.key);
    return undefined;
  }
}

async function reason(options: EngineOptions, name: string, keyed: Keyed): Promise<string> {
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

function words(
  verdict:
    | { state: 'missing'; missing: { capability: string; path: string[] }[] }
    | { state: 'unsolvable'; problems: string[] },
): string {
  if (verdict.state === 'unsolvable') return `its build root cannot be made: ${verdict.problems.join('; ')}`;
  return verdict.missing
    .map(
      ({ capability, path }) =>
        `nothing provides '${capability}', needed by ${path.toReversed().join(', needed by ')}`,
    )
    .join('; ');
}

/** Packages that wait for each other though nothing is being built: results brought a cycle that no spec states. */
function knots(tree: Tree, waiting: ReadonlyMap<string, string[]>): [string, string][] {
  const cycles = findCycles(tree.graph, waiting.keys());
  const knotted = cycles.flatMap((cycle) =>
    cycle.map(({ package: name }): [string, string] => [name, `dependency cycle: ${describeCycle(cycle)}`]),
  );
  if (knotted.length > 0) return knotted.filter(([name]) => waiting.has(name));
  return [...waiting].map(([name, waitsFor]) => [
    name,
    `waits for ${waitsFor.join(', ')}, which wait for it`,
  ]);
}
