import type { Alternative, Deb } from './deb.ts';

/** What is asked for: each entry is a list of names, of which the first one that the mirror has is taken. */
export type Alternatives = readonly string[];

export interface Closure {
  /** Everything chosen, by name. */
  debs: Map<string, Deb>;
  /** Wishes for which the lists hold no name. */
  missing: Alternatives[];
}

/** Names are matched whole; a pattern is written as a regular expression. */
export type NamePattern = RegExp;

/**
 * All packages that `wishes` need by their Depends, without those that `left out` matches (and what only they need).
 * Of alternatives the first one counts that is chosen already, else the first that exists, else the first by name
 * that provides it. Version bounds choose nothing: a mirror offers one version of each package.
 */
export function closure(
  universe: ReadonlyMap<string, Deb>,
  wishes: readonly Alternatives[],
  leftOut: NamePattern,
): Closure {
  const providers = providersOf(universe);
  const debs = new Map<string, Deb>();
  const missing: Alternatives[] = [];
  const queue: Deb[] = [];
  const take = (deb: Deb) => {
    if (debs.has(deb.name)) return;
    debs.set(deb.name, deb);
    queue.push(deb);
  };
  for (const wish of wishes) {
    const found = wish.map((name) => universe.get(name)).find((deb) => deb !== undefined);
    if (found === undefined) missing.push(wish);
    else take(found);
  }
  for (let deb = queue.shift(); deb !== undefined; deb = queue.shift()) {
    for (const group of deb.depends) {
      if (group.some((one) => leftOut.test(one.name) || chosenFor(one, debs, providers) !== undefined))
        continue;
      const next = firstThatExists(group, universe, providers, leftOut);
      if (next !== undefined) take(next);
    }
  }
  return { debs, missing };
}

/** The chosen package that fulfils a relation: the one of that name, else the first by name that provides it. */
export function chosenFor(
  relation: Alternative,
  debs: ReadonlyMap<string, Deb>,
  providers: ReadonlyMap<string, readonly string[]>,
): Deb | undefined {
  const named = debs.get(relation.name);
  if (named !== undefined) return named;
  const provider = providers.get(relation.name)?.find((name) => debs.has(name));
  return provider === undefined ? undefined : debs.get(provider);
}

/** Virtual name → sorted names of the packages that provide it. */
export function providersOf(universe: ReadonlyMap<string, Deb>): Map<string, string[]> {
  const providers = new Map<string, string[]>();
  for (const deb of universe.values()) {
    for (const { name } of deb.provides) {
      const list = providers.get(name);
      if (list === undefined) providers.set(name, [deb.name]);
      else list.push(deb.name);
    }
  }
  for (const list of providers.values()) list.sort();
  return providers;
}

function firstThatExists(
  group: readonly Alternative[],
  universe: ReadonlyMap<string, Deb>,
  providers: ReadonlyMap<string, readonly string[]>,
  leftOut: NamePattern,
): Deb | undefined {
  for (const { name } of group) {
    const named = universe.get(name);
    if (named !== undefined) return named;
    const provider = providers.get(name)?.find((other) => !leftOut.test(other));
    if (provider !== undefined) return universe.get(provider);
  }
  return undefined;
}
