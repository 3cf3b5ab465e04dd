import { type Graph, order } from './graph.ts';
import { statedNeeds } from './needs.ts';

/** One step of a cycle: the build of `package` needs `needs`, through these RPMs. */
export interface CycleStep {
  package: string;
  needs: string;
  through: string[];
}

/**
 * Cycles through builds among `names` and all they need, one for each knot of packages, shortest path first found.
 * RPMs that require each other without a build between them are no cycle.
 */
export function findCycles(graph: Graph, names: Iterable<string>): CycleStep[][] {
  const cycles: CycleStep[][] = [];
  const inCycle = new Set<string>();
  const done = new Set<string>();
  const queue = [...names].sort(order);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (done.has(name)) continue;
    done.add(name);
    queue.push(...statedNeeds(graph, name).keys());
    if (inCycle.has(name)) continue;
    const path = shortestWayBack(graph, name);
    if (path === undefined) continue;
    for (const step of path) inCycle.add(step.package);
    cycles.push(path);
  }
  return cycles;
}

function shortestWayBack(graph: Graph, start: string): CycleStep[] | undefined {
  const cameFrom = new Map<string, CycleStep>();
  const queue = [start];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const [next, through] of statedNeeds(graph, at)) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, { package: at, needs: next, through });
      if (next !== start) {
        queue.push(next);
        continue;
      }
      const path: CycleStep[] = [];
      for (let step = cameFrom.get(start); step !== undefined; step = cameFrom.get(step.package)) {
        path.unshift(step);
        if (step.package === start) break;
      }
      return path;
    }
  }
  return undefined;
}

/** `building a needs b (through b-libs), building b needs a`. */
export function describeCycle(cycle: readonly CycleStep[]): string {
  return cycle
    .map(({ package: name, needs, through }) => {
      const way = through.filter((rpm) => rpm !== needs);
      return `building ${name} needs ${needs}${way.length === 0 ? '' : ` (through ${way.join(', ')})`}`;
    })
    .join('; ');
}
