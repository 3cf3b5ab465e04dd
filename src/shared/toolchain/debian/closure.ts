import type { Alternative, Deb } from './deb.ts';

/** Names of packages, of which the first one that the lists hold is taken. */
export type Alternatives = readonly string[];

export interface Closure {
  /** The chosen packages by name. */
  debs: Map<string, Deb>;
  /** The requested packages of which the lists hold no name. */
  missing: Alternatives[];
}

/**
 * Returns all packages that `requested` depends on, without those that `excluded` matches and those that only they need.
 * Of alternatives, a package that is chosen already is taken, else the first that exists, else the first by name that
 * provides it. Version bounds choose nothing: a mirror offers one version of each package. Pure.
 * @param before packages that are there, with all that they need. They are not among the chosen ones that are returned.
 */
export function closure(
  universe: ReadonlyMap<string, Deb>,
  requested: readonly Alternatives[],
  excluded: RegExp,
  before: readonly Deb[] = [],
): Closure {
  const providers = virtualProviders(universe);
  const debs = new Map(before.map((deb) => [deb.name, deb]));
  const missing: Alternatives[] = [];
  const queue: Deb[] = [];
  const take = (deb: Deb) => {
    if (debs.has(deb.name)) return;
    debs.set(deb.name, deb);
    queue.push(deb);
  };
  for (const alternatives of requested) {
    const found = alternatives.map((name) => universe.get(name)).find((deb) => deb !== undefined);
    if (found === undefined) missing.push(alternatives);
    else take(found);
  }
  for (let deb = queue.shift(); deb !== undefined; deb = queue.shift()) {
    for (const group of deb.depends) {
      if (group.some((one) => excluded.test(one.name) || chosenFor(one, debs, providers) !== undefined))
        continue;
      const next = firstExisting(group, universe, providers, excluded);
      if (next !== undefined) take(next);
    }
  }
  for (const { name } of before) debs.delete(name);
  return { debs, missing };
}

/** Returns the chosen package that satisfies a relation: the one of that name, else the first by name that provides it. */
export function chosenFor(
  relation: Alternative,
  debs: ReadonlyMap<string, Deb>,
  providers: ReadonlyMap<string, readonly string[]>,
): Deb | undefined {
  const names = [relation.name, ...(providers.get(relation.name) ?? [])];
  return names.map((name) => debs.get(name)).find((deb) => deb !== undefined);
}

/** Returns the names of the packages that provide each virtual name, sorted. */
export function virtualProviders(universe: ReadonlyMap<string, Deb>): Map<string, string[]> {
  const providers = new Map<string, string[]>();
  for (const deb of universe.values()) {
    for (const { name } of deb.provides) {
      const list = providers.get(name) ?? [];
      providers.set(name, list);
      list.push(deb.name);
    }
  }
  for (const list of providers.values()) list.sort();
  return providers;
}

function firstExisting(
  group: readonly Alternative[],
  universe: ReadonlyMap<string, Deb>,
  providers: ReadonlyMap<string, readonly string[]>,
  excluded: RegExp,
): Deb | undefined {
  for (const { name } of group) {
    const named = universe.get(name);
    if (named !== undefined) return named;
    const provider = providers.get(name)?.find((other) => !excluded.test(other));
    if (provider !== undefined) return universe.get(provider);
  }
  return undefined;
}
