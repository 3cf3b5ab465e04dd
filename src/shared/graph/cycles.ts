import { order } from '../base/order.ts';
import type { Capability } from '../model/rpm.ts';

/** One step of a cycle: the build of `package` needs a result of `needs`, through these RPMs. */
export interface CycleStep {
  package: string;
  needs: string;
  through: readonly string[];
  /** The capability that `needs` may provide; absent when it is certain that it is needed. */
  open?: Capability;
}

/** The packages that the build of one needs. */
type StepsOf = (name: string) => readonly CycleStep[];

/**
 * Finds cycles through builds among `names` and all packages that they need: for each group of packages that need each
 * other, a shortest one. RPMs that require each other without a build between them are no cycle. Pure.
 */
export function findCycles(names: Iterable<string>, stepsOf: StepsOf): CycleStep[][] {
  const cycles: CycleStep[][] = [];
  const inCycle = new Set<string>();
  const done = new Set<string>();
  const queue = [...names].sort(order);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (done.has(name)) continue;
    done.add(name);
    queue.push(...stepsOf(name).map(({ needs }) => needs));
    if (inCycle.has(name)) continue;
    const path = shortestWayBack(name, stepsOf);
    if (path === undefined) continue;
    for (const step of path) inCycle.add(step.package);
    cycles.push(path);
  }
  return cycles;
}

function shortestWayBack(start: string, stepsOf: StepsOf): CycleStep[] | undefined {
  const cameFrom = new Map<string, CycleStep>();
  const queue = [start];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const step of stepsOf(at)) {
      if (cameFrom.has(step.needs)) continue;
      cameFrom.set(step.needs, step);
      if (step.needs !== start) {
        queue.push(step.needs);
        continue;
      }
      const path = [step];
      for (let first = step; first.package !== start; path.unshift(first))
        first = cameFrom.get(first.package) as CycleStep;
      return path;
    }
  }
  return undefined;
}

/** Describes a cycle: `building a needs b (through b-libs); building b needs pkgconfig(a), which a may provide`. */
export function describeCycle(cycle: readonly CycleStep[]): string {
  return cycle
    .map(({ package: name, needs, through, open }) => {
      const way = through.filter((rpm) => rpm !== needs);
      const chain = way.length === 0 ? '' : ` (through ${way.join(', ')})`;
      return open === undefined
        ? `building ${name} needs ${needs}${chain}`
        : `building ${name} needs ${open}${chain}, which ${needs} may provide`;
    })
    .join('; ');
}
