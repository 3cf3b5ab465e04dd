import type { PackagePlan } from '../model/outcome.ts';
import type { Task } from './forecast.ts';

/** How often, of what a rebuilt package decides, the next has to be built, too: most changes stop at once. */
const share = 0.5;

/**
 * What a plan will probably build, for a forecast: what is certain, or was never built, with its whole time, what is
 * decided on the way with half the part of what decides it. Pure.
 * @param isKnown whether a package was built before
 * @param expected seconds
 * @param needs packages that one needs as specs state it
 */
export function expectedTasks(
  plan: ReadonlyMap<string, PackagePlan>,
  isKnown: (name: string) => boolean,
  expected: (name: string) => number,
  needs: (name: string) => readonly string[],
): Task[] {
  const chances = new Map<string, number>();
  const chance = (name: string): number => {
    const known = chances.get(name);
    if (known !== undefined) return known;
    const planned = plan.get(name);
    chances.set(name, 0);
    const own =
      planned?.state === 'build'
        ? 1
        : planned?.state !== 'maybe'
          ? 0
          : isKnown(name)
            ? share * Math.max(0, ...planned.waitsFor.map(chance))
            : 1;
    chances.set(name, own);
    return own;
  };
  return [...plan.keys()].flatMap((name) => {
    const part = chance(name);
    const own = expected(name) * part;
    return part === 0 ? [] : [{ name, seconds: own, needs: needs(name) }];
  });
}
