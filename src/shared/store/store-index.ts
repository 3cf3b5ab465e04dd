import { number, object } from '../base/schema.ts';
import { type Result, resultSchema, type StoredParts, storedPartsSchema } from '../model/build-result.ts';
import { type GeneratedRun, rememberGenerated } from '../solver/generated-requires.ts';
import type { SolverAnswer } from '../solver/solver.ts';
import type { Parses } from '../specs/saved-parses.ts';
import type { Latest } from './store.ts';

/** The manifests in the store, the answers of rpm and of the solver, and generated requirements: enough to plan a run. */
export interface StoreIndex {
  /** By key. Changed by {@link listResult} and {@link unlistResult} alone. */
  results: ReadonlyMap<string, Indexed>;
  /** The one of each package that was seen last, by package. */
  newest: ReadonlyMap<string, Indexed>;
  answers: Map<string, SolverAnswer>;
  /** The answers of rpm about specs. */
  parses: Parses;
  /** The runs of `%generate_buildrequires`, by key. */
  generated: Map<string, GeneratedRun>;
  /** Keys of results whose files are gone: they do not count, also if an older index lists them. */
  dropped: Set<string>;
  /** True if only results with stored files count, because the run publishes all of them. */
  onlyStored: boolean;
}

export interface Indexed {
  result: Result;
  /** When a run last had this as the result of its package, in seconds since 1970. */
  seen: number;
  /** The stored parts. A result with none serves for planning only. */
  stored: StoredParts;
}

export const indexedSchema = object<Indexed>({
  ...{ result: resultSchema, seen: number(), stored: storedPartsSchema },
});

/** Seconds after which a result that no run used is forgotten. The cache drops entries after seven days without use. */
const keptSeconds = 14 * 24 * 3600;

export function newIndex(): StoreIndex {
  const [results, newest, answers] = [new Map(), new Map(), new Map()];
  const learnt = { answers, parses: new Map(), generated: new Map() };
  return { results, newest, ...learnt, dropped: new Set(), onlyStored: false };
}

/** Adds a result, or replaces the one under its key. */
export function listResult({ results, newest }: StoreIndex, one: Indexed): void {
  const { key, package: name } = one.result;
  (results as Map<string, Indexed>).set(key, one);
  const there = newest.get(name);
  if (there === undefined || there.result.key === key || isNewer(one, there))
    (newest as Map<string, Indexed>).set(name, one);
}

/** Removes the result under a key. */
export function unlistResult({ results, newest }: StoreIndex, key: string): void {
  const gone = results.get(key);
  (results as Map<string, Indexed>).delete(key);
  if (gone === undefined || newest.get(gone.result.package) !== gone) return;
  const name = gone.result.package;
  (newest as Map<string, Indexed>).delete(name);
  const others = [...results.values()].filter(({ result }) => result.package === name);
  for (const one of others) {
    const there = newest.get(name);
    if (there === undefined || isNewer(one, there)) (newest as Map<string, Indexed>).set(name, one);
  }
}

function isNewer(one: Indexed, other: Indexed): boolean {
  return one.seen > other.seen || (one.seen === other.seen && one.result.key < other.result.key);
}

/** Returns the result under a key, if it is of this package and counts. */
export function listedIn(
  { results, dropped, onlyStored }: StoreIndex,
  key: string,
  name: string,
): Result | undefined {
  const one = results.get(key);
  if (dropped.has(key)) return undefined;
  return one?.result.package === name && (one.stored !== 'none' || !onlyStored) ? one.result : undefined;
}

/** Adds the content of `from`; of two results under one key the one seen last counts. */
export function joinIndex(into: StoreIndex, from: StoreIndex): void {
  for (const [key, one] of from.results) {
    const there = into.results.get(key);
    if (!into.dropped.has(key) && (there === undefined || there.seen < one.seen)) listResult(into, one);
  }
  into.onlyStored ||= from.onlyStored;
  for (const [question, answer] of from.answers) into.answers.set(question, answer);
  for (const [question, reading] of from.parses) into.parses.set(question, reading);
  const generated = rememberGenerated(into.generated);
  for (const run of from.generated.values()) generated.add(run);
}

/**
 * Notes that a run used these results, now.
 * @param storedOf the stored parts of a result; if it returns undefined, the parts noted before stay, or none
 */
export function seeResults(
  index: StoreIndex,
  results: Iterable<Result>,
  now: number,
  storedOf: (key: string) => StoredParts | undefined = () => 'full',
): void {
  for (const result of results) {
    const stored = storedOf(result.key) ?? index.results.get(result.key)?.stored ?? 'none';
    listResult(index, { result, seen: now, stored });
  }
}

/** Returns the newest result of a package, for the components and the duration of its last build. */
export function latestIn(index: StoreIndex, name: string): Latest | undefined {
  return index.newest.get(name)?.result;
}

/** Returns the newest result of each package. */
export function newestResults(index: StoreIndex): Result[] {
  return [...index.newest.values()].map(({ result }) => result);
}

/** Forgets results that no run used for two weeks, unless they are the newest of their package. */
export function pruneIndex(index: StoreIndex, now: number): void {
  for (const [key, one] of index.results)
    if (one.seen < now - keptSeconds && index.newest.get(one.result.package) !== one)
      unlistResult(index, key);
}
