import { order } from '../base/order.ts';
import type { Capability } from '../model/rpm.ts';

/** One step of a cycle: the build of `package` needs a result of `needs`. */
export interface CycleStep {
  package: string;
  needs: string;
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
  for (const group of findGroups([...names].sort(order), stepsOf)) {
    const inCycle = new Set<string>();
    for (const name of [...group].sort(order)) {
      if (inCycle.has(name)) continue;
      const path = shortestWayBack(name, (one) => stepsOf(one).filter(({ needs }) => group.has(needs)));
      if (path === undefined) continue;
      for (const step of path) inCycle.add(step.package);
      cycles.push(path);
    }
  }
  return cycles.sort((a, b) => order(a[0]?.package ?? '', b[0]?.package ?? ''));
}

/** A package on the way of {@link findGroups}. */
interface Visit {
  name: string;
  index: number;
  lowest: number;
  steps: readonly CycleStep[];
  next: number;
}

/**
 * Finds the groups of packages that all need each other, by Tarjan's algorithm (strongly connected components), without
 * recursion: chains may be long. A package alone is in none.
 */
export function findGroups(names: readonly string[], stepsOf: StepsOf): Set<string>[] {
  const groups: Set<string>[] = [];
  const visits = new Map<string, Visit>();
  const open: Visit[] = [];
  const isOpen = new Set<string>();
  for (const start of names) {
    if (visits.has(start)) continue;
    const way: Visit[] = [];
    const enter = (name: string) => {
      const visit = { name, index: visits.size, lowest: visits.size, steps: stepsOf(name), next: 0 };
      visits.set(name, visit);
      isOpen.add(name);
      open.push(visit);
      way.push(visit);
    };
    enter(start);
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      const step = at.steps[at.next++];
      if (step !== undefined) {
        const other = visits.get(step.needs);
        if (other === undefined) enter(step.needs);
        else if (isOpen.has(step.needs)) at.lowest = Math.min(at.lowest, other.index);
        continue;
      }
      way.pop();
      const before = way.at(-1);
      if (before !== undefined) before.lowest = Math.min(before.lowest, at.lowest);
      if (at.lowest !== at.index) continue;
      const group = open.splice(open.indexOf(at));
      for (const { name } of group) isOpen.delete(name);
      const needsItself = at.steps.some(({ needs }) => needs === at.name);
      if (group.length > 1 || needsItself) groups.push(new Set(group.map(({ name }) => name)));
    }
  }
  return groups;
}

function shortestWayBack(start: string, stepsOf: StepsOf): CycleStep[] | undefined {
  const cameFrom = new Map<string, CycleStep>();
  const queue = [start];
  for (const at of queue) {
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

/**
 * Describes a cycle: `building a needs b (through b-libs); building b needs pkgconfig(a), which a may provide`.
 * @param through the RPMs by which the build of the first needs the second
 */
export function describeCycle(
  cycle: readonly CycleStep[],
  through: (name: string, needs: string) => readonly string[],
): string {
  return cycle
    .map(({ package: name, needs, open }) => {
      const way = through(name, needs).filter((rpm) => rpm !== needs);
      const chain = way.length === 0 ? '' : ` (through ${way.join(', ')})`;
      return open === undefined
        ? `building ${name} needs ${needs}${chain}`
        : `building ${name} needs ${open}${chain}, which ${needs} may provide`;
    })
    .join('; ');
}
