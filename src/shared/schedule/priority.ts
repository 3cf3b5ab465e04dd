import { type Graph, order } from '../graph/graph.ts';
import { statedNeeds } from '../graph/stated.ts';

/** Seconds expected of a package that was never built. */
export const unknownSeconds = 30;

/**
 * Priority of each package: the longest path of expected seconds from its start to the end of the run, along stated
 * needs. The higher is taken first. Cycles must have been refused before.
 */
export function priorities(
  graph: Graph,
  names: readonly string[],
  seconds: (name: string) => number | undefined,
): Map<string, number> {
  const dependents = new Map<string, string[]>();
  for (const name of names) {
    for (const need of statedNeeds(graph, name).keys())
      dependents.set(need, [...(dependents.get(need) ?? []), name]);
  }
  const found = new Map<string, number>();
  const visit = (name: string): number => {
    const known = found.get(name);
    if (known !== undefined) return known;
    found.set(name, 0);
    const rest = Math.max(0, ...(dependents.get(name) ?? []).map(visit));
    const own = (seconds(name) ?? unknownSeconds) + rest;
    found.set(name, own);
    return own;
  };
  for (const name of names) visit(name);
  return found;
}

/** `names` by priority, highest first; equal ones by name. */
export function byPriority(names: readonly string[], priority: ReadonlyMap<string, number>): string[] {
  return [...names].sort((a, b) => (priority.get(b) ?? 0) - (priority.get(a) ?? 0) || order(a, b));
}
