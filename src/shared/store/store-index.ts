import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import { type StoredParts, storedParts } from '../model/build-result.ts';
import type { SolverAnswer } from '../solver/solver.ts';
import { checkResult } from './check-result.ts';
import type { Latest } from './store.ts';

/** The manifests in the store and the answers of the solver: enough to plan a run. */
export interface StoreIndex {
  /** By key. Changed by {@link listResult} and {@link unlistResult} alone. */
  results: ReadonlyMap<string, Indexed>;
  /** The one of each package that was seen last, by package. */
  newest: ReadonlyMap<string, Indexed>;
  answers: Map<string, SolverAnswer>;
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

/** `index.json`. */
interface IndexJson extends Pick<StoreIndex, 'onlyStored'> {
  schema: 'azl/index';
  version: 2;
  results: Indexed[];
  answers: Record<string, SolverAnswer>;
}

export const indexFile = 'index.json';

/** Seconds after which a result that no run used is forgotten. The cache drops entries after seven days without use. */
const keptSeconds = 14 * 24 * 3600;

/** Characters of all results in an index: about three results of each package of Azure Linux. A string of Node can be twice as long. */
const mostCharacters = 250e6;

export function newIndex(): StoreIndex {
  const [results, newest, answers] = [new Map(), new Map(), new Map()];
  return { results, newest, answers, dropped: new Set(), onlyStored: false };
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

/**
 * Returns the text of `index.json`. Equal indexes give equal texts. If all results make more than `most` characters, those
 * seen longest ago are left out: they can still be found by their exact keys.
 * @param taken keys of results that are never left out, because the plan names them
 */
export function writeIndex(
  index: StoreIndex,
  taken: ReadonlySet<string> = new Set(),
  most = mostCharacters,
): string {
  const rest: Omit<IndexJson, 'results'> = {
    schema: 'azl/index',
    version: 2,
    onlyStored: index.onlyStored,
    answers: Object.fromEntries(sorted(index.answers)),
  };
  const texts = sorted(textsOf(index, taken, most)).map(([, text]) => text);
  return `${JSON.stringify(rest).slice(0, -1)},"results":[${texts.join(',')}]}\n`;
}

/** Returns the texts of as many results as fit, by key: those of `taken`, the newest of each package, then those seen last. */
function textsOf(
  { results, newest }: StoreIndex,
  taken: ReadonlySet<string>,
  most: number,
): [string, string][] {
  const rank = (key: string, one: Indexed) =>
    taken.has(key) ? 2 : newest.get(one.result.package) === one ? 1 : 0;
  const ranked = [...results].sort(
    ([a, one], [b, other]) => rank(b, other) - rank(a, one) || other.seen - one.seen || order(a, b),
  );
  const texts: [string, string][] = [];
  let length = 0;
  for (const [key, one] of ranked) {
    const text = JSON.stringify(one);
    length += text.length;
    if (length > most && !taken.has(key)) break;
    texts.push([key, text]);
  }
  return texts;
}

function sorted<T>(map: Iterable<readonly [string, T]>): (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => order(a, b));
}

/**
 * Reads and checks the text of an index that another run wrote. A result with an error is left out; the others stay.
 * @throws Error when the whole text is no index of this version
 */
export function readIndex(text: string): { index: StoreIndex; errors: string[] } {
  const json = JSON.parse(text) as Partial<IndexJson> | null;
  if (json?.schema !== 'azl/index' || json.version !== 2) throw new Error('it is of another version of azl');
  if (!Array.isArray(json.results)) throw new Error("it has no list 'results'");
  const index = { ...newIndex(), onlyStored: json.onlyStored === true };
  const errors: string[] = [];
  for (const one of json.results as (Partial<Indexed> | null)[]) {
    const name = one?.result?.package ?? '';
    try {
      const result: unknown = one?.result;
      checkResult(result, name, one?.result?.key ?? null);
      if (!Number.isFinite(one?.seen)) throw new Error("its 'seen' is no time");
      const stored = one?.stored as StoredParts;
      if (!storedParts.includes(stored)) throw new Error(`its 'stored' is '${stored}'`);
      listResult(index, { result, seen: one?.seen as number, stored });
    } catch (error) {
      errors.push(`${name || 'a result'}: ${(error as Error).message}`);
    }
  }
  for (const [question, answer] of Object.entries(json.answers ?? {}))
    if (isAnswer(answer)) index.answers.set(question, answer);
  return { index, errors };
}

function isAnswer(value: unknown): value is SolverAnswer {
  const answer = value as Partial<Extract<SolverAnswer, { ok: true }>> | null;
  const isFile = (one: { origin?: unknown; file?: unknown } | null) =>
    (one?.origin === 'local' || one?.origin === 'toolchain') && typeof one.file === 'string';
  return answer?.ok === true && Array.isArray(answer.installed) && answer.installed.every(isFile);
}
