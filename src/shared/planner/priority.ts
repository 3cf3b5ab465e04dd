import { order } from '../base/order.ts';
import { declaredNeeds } from '../graph/declared-needs.ts';
import type { DeclaredGraph } from '../graph/graph.ts';
import { ranks } from './forecast.ts';

/**
 * Seconds that a job which builds alone expects of a package that was never built: only its order and what it shows of
 * its progress go by it. Shards go by `expectation`.
 */
export const assumedSeconds = 30;

/**
 * Priority of each package: the longest path of expected seconds from its start to the end of the run, along stated
 * needs. The higher is taken first. Cycles must have been refused before.
 */
export function priorities(
  graph: DeclaredGraph,
  names: readonly string[],
  seconds: (name: string) => number | undefined,
): Map<string, number> {
  const tasks = names.map((name) => {
    const needs = [...declaredNeeds(graph, name).keys()];
    return { name, needs, seconds: seconds(name) ?? assumedSeconds };
  });
  return ranks(tasks);
}

/** `names` by priority, highest first; equal ones by name. */
export function byPriority(names: readonly string[], priority: ReadonlyMap<string, number>): string[] {
  return [...names].sort((a, b) => (priority.get(b) ?? 0) - (priority.get(a) ?? 0) || order(a, b));
}
