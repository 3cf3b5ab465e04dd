import { order } from '../base/order.ts';
import { declaredNeeds } from '../graph/declared-needs.ts';
import type { DeclaredGraph } from '../graph/graph.ts';
import { ranks } from './forecast.ts';

/** Expected seconds of a package that was never built, where only order and progress depend on it. See `expectedTimes`. */
export const assumedSeconds = 30;

/**
 * The priority of each package: the longest path of expected seconds from its start to the end of the run, along declared
 * needs. The highest is built first. There must be no cycle. Pure.
 */
export function priorities(
  graph: DeclaredGraph,
  names: readonly string[],
  seconds: (name: string) => number | undefined,
): Map<string, number> {
  const secondsOf = (name: string) => seconds(name) ?? assumedSeconds;
  return ranks(names.map((name) => ({ name, needs: declaredNeeds(graph, name), seconds: secondsOf(name) })));
}

/** Sorts names by priority, highest first; equal ones by name. Pure. */
export function byPriority(names: readonly string[], priority: ReadonlyMap<string, number>): string[] {
  return [...names].sort((a, b) => (priority.get(b) ?? 0) - (priority.get(a) ?? 0) || order(a, b));
}
