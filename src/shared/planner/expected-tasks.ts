import type { PackagePlan } from '../model/outcome.ts';
import type { Task } from './forecast.ts';

/** Probability that a rebuilt package makes a package that depends on it be built: most changes stop at once. */
const changeProbability = 0.5;

/**
 * The tasks that a plan will probably lead to, for a forecast. A package that is certain to be built, or was never built,
 * counts with its whole time; one that is decided on the way counts with half the part of the package that decides it.
 * Pure.
 * @param isKnown true if a package was built before
 * @param expected seconds
 * @param needs declared needs
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
            ? changeProbability * Math.max(0, ...planned.waitsFor.map(chance))
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
