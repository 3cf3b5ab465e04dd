import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { clock } from '../base/duration.ts';
import { order } from '../base/order.ts';
import type { Problem } from '../base/problems.ts';
import { StoreUnavailableError } from '../github/cache/cache.ts';
import { hasArtifacts } from '../github/run.ts';
import { checkSpace, isSameDisk } from '../host/space.ts';
import type { Result } from '../model/build-result.ts';
import type { MergeInputs } from '../model/inputs.ts';
import { foundInStore, type Outcome } from '../model/outcome.ts';
import type { NonReproducible, OneBuild } from '../report/non-reproducible.ts';
import type { Span } from '../report/timeline.ts';
import { publishedFiles } from '../rpm-repository/write/publish.ts';
import { logsName } from '../rpm-repository/write/publish-artifacts.ts';
import { bytesOfParts, letGo } from '../rpm-repository/write/publish-parts.ts';
import { parseName } from '../shards/protocol/names.ts';
import type { RunView } from '../shards/worker/run-view.ts';
import { openKept } from '../store/open-stored.ts';
import { bytesOf } from '../store/result-files.ts';
import { DamagedResultError, type Store } from '../store/store.ts';

const removalsAtOnce = 8;

type Which = MergeInputs['repositoryContent'];

/** Results that the repository will hold. */
function wanted(view: RunView, which: Which): Result[] {
  return [...view.progress.outcomes.values()]
    .flatMap((outcome) => ('result' in outcome ? [outcome.result] : []))
    .filter(({ key }) => which === 'full' || view.known.results.has(key));
}

/** Results fetched at once. */
const fetchesAtOnce = 4;

/**
 * Looks whether what is to be fetched, and its copy in the repository where that is one, fits on the disk: all of it, or
 * one part after the other, which goes where the repository becomes artifacts.
 * @param here the results that this job need not fetch
 * @throws ProblemsError when not even that does
 */
export async function roomFor(view: RunView, here: Store, which: Which): Promise<'all' | 'parts'> {
  const { cacheDir, outDir } = view.context.inputs;
  const results = wanted(view, which);
  const bytes = { fetched: 0, copied: 0 };
  const all: ReturnType<typeof publishedFiles> = [];
  for (const result of results) {
    const files = publishedFiles(result, await view.options.store.kept(result));
    all.push(...files);
    if ((await here.get(result.key, result.package)) === undefined)
      bytes.fetched += files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files) {
      const there = await stat(join(outDir, path)).catch(() => undefined);
      if (there?.size !== size) bytes.copied += size;
    }
  }
  // On its way a result is there twice: packed and unpacked.
  const together = fetchedTogether(view, results);
  const packed = together.slice(0, fetchesAtOnce).reduce((sum, one) => sum + one, 0);
  const linked = hasArtifacts() && (await isSameDisk(cacheDir, outDir));
  try {
    await checkSpace('The repository', [
      { dir: cacheDir, bytes: bytes.fetched + (bytes.fetched === 0 ? 0 : packed) },
      { dir: outDir, bytes: linked ? 0 : bytes.copied },
    ]);
    return 'all';
  } catch (error) {
    const once = [
      { dir: cacheDir, bytes: 2 * (together[0] ?? 0) },
      { dir: outDir, bytes: Math.max(...Object.values(bytesOfParts(all))) },
    ];
    const fits = await checkSpace('', once).then(
      () => true,
      () => false,
    );
    if (!hasArtifacts() || !fits) throw error;
    view.context.log.info(
      `The disk does not hold all of the repository, ${Math.ceil(bytes.fetched / 1e6)} MB: it is published in parts.`,
    );
    return 'parts';
  }
}

/** Bytes of results that one artifact of the run holds, the most first. */
function fetchedTogether(view: RunView, results: readonly Result[]): number[] {
  const sums = new Map<string, number>();
  for (const result of results) {
    const at = fetchedFrom(view, result);
    sums.set(at, (sums.get(at) ?? 0) + bytesOf(result));
  }
  return [...sums.values()].sort((a, b) => b - a);
}

function fetchedFrom(view: RunView, { key }: Result): string {
  return view.known.results.get(key)?.artifact ?? key;
}

/** The same results, those that come together beside each other. */
export function inOrderOfFetching(view: RunView, results: readonly Result[]): Result[] {
  return [...results].sort(
    (a, b) => order(fetchedFrom(view, a), fetchedFrom(view, b)) || order(a.key, b.key),
  );
}

/** A call without an answer takes half a minute: after so many, no more are made. */
const mostUnanswered = 5;

/**
 * Fetches the bytes of every result. What cannot be had, and what was built on it, does not count any more. Answers
 * whether some of it was lost from the store, which nobody in this run knew. What the store gives no answer about may be
 * there: it is left, and nothing of the index changes.
 * @param local the store of this machine
 * @param room `parts`: nothing of it stays here
 */
export async function openAll(
  view: RunView,
  local: Store,
  which: Which,
  room: 'all' | 'parts',
): Promise<boolean> {
  let lost = false;
  const { known, opened } = view;
  const { unanswered } = known;
  const setAside = ({ key, package: name }: Result, words: string) => {
    view.options.warn(`${words}. ${name} is left.`);
    unanswered.set(key, words);
  };
  const hasToBeAsked = async ({ key, package: name }: Result) => {
    if (known.results.has(key) || opened.has(key)) return false;
    return (await local.get(key, name).catch(() => undefined)) === undefined;
  };
  for (let whole = false; !whole; ) {
    whole = true;
    const queue = inOrderOfFetching(view, wanted(view, which));
    const fetcher = async () => {
      for (let result = queue.shift(); result !== undefined; result = queue.shift()) {
        if (unanswered.size >= mostUnanswered && (await hasToBeAsked(result))) {
          setAside(result, 'The store gave no answer about others, and was not asked any more');
          whole = false;
          continue;
        }
        try {
          const { folder } = await openKept(view.options.store, result);
          if (room === 'parts') await letGo(local, result, folder);
          opened.add(result.key);
        } catch (error) {
          whole = false;
          if (error instanceof StoreUnavailableError) {
            setAside(result, (error.problems[0] as Problem).message);
            continue;
          }
          if (!(error instanceof DamagedResultError)) throw error;
          view.options.warn(`${error.message}. It does not count.`);
          lost ||= !view.known.results.has(error.key);
          await view.options.store.drop(error.key);
        }
      }
    };
    const fetchers = Array.from({ length: room === 'parts' ? 1 : fetchesAtOnce }, fetcher);
    await Promise.all(fetchers).finally(() => Promise.allSettled(fetchers));
    if (!whole) {
      view.startOver();
      await view.readAll();
    }
  }
  return lost;
}

/** What the store said instead of an answer about the result of a package, which so is left. */
export function unansweredOf(view: RunView, name: string): string | undefined {
  const ready = view.progress.ready.get(name);
  return ready && view.known.unanswered.get(ready.build.key);
}

function whyLeft(view: RunView, name: string): string {
  const waits = view.progress.waiting.get(name) ?? [];
  if (view.known.unanswered.size > 0 && waits.length > 0)
    return `it needs what is left: ${[...new Set(waits.map((one) => one.package))].sort(order).join(', ')}`;
  const ran = view.ranFor(name);
  if (ran !== undefined)
    return `its build did not end in the ${clock(ran)} that a shard had left, and none with more came`;
  return unansweredOf(view, name) ?? 'no shard came to it';
}

/** How each package ended in this run, whichever job built it. */
export function outcomesOf(view: RunView): Map<string, Outcome> {
  const { names, outcomes } = view.progress;
  return new Map(
    [...names].map((name): [string, Outcome] => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) return [name, { state: 'left', reason: whyLeft(view, name) }];
      const told = 'result' in outcome ? view.known.results.get(outcome.result.key) : undefined;
      return told === undefined || !('result' in outcome)
        ? [name, outcome]
        : [
            name,
            {
              state: told.reason === foundInStore ? 'reused' : 'built',
              reason: told.reason,
              result: outcome.result,
              ...(told.kept === undefined ? {} : { kept: told.kept }),
            },
          ];
    }),
  );
}

/** The decisive lines of what failed in other jobs, by package. */
export function failureLines(view: RunView): Map<string, readonly string[]> {
  return new Map([...view.known.failures.values()].map((told) => [told.package, told.lines]));
}

/** The artifacts with the logs of what failed in other jobs of this attempt, by package, where they are there. */
export async function failureLogs(view: RunView, attempt: number): Promise<Map<string, string>> {
  try {
    const there = new Set((await view.exchange.list()).map(({ name }) => name));
    // Without lines there was no log.
    const logs = [...view.known.failures.values()]
      .filter(({ lines }) => lines.length > 0)
      .map((told): [string, string] => [told.package, logsName(attempt, told.shard)]);
    return new Map(logs.filter(([, name]) => there.has(name)));
  } catch (error) {
    view.options.warn(`Where the logs of failures are is not known: ${(error as Error).message}`);
    return new Map();
  }
}

/**
 * When the jobs of this attempt built what. Between it and the one before lie hours in which nobody built: those builds
 * are no part of its time.
 */
export function spansOf({ known }: Pick<RunView, 'known'>, attempt: number): Span[] {
  // Failures are those of this attempt alone.
  const all = [...known.results.values(), ...known.failures.values()];
  return all.flatMap(({ package: name, shard, started, ended, state, artifact }) =>
    started === undefined ||
    ended === undefined ||
    (parseName(artifact ?? '')?.attempt ?? attempt) !== attempt
      ? []
      : [{ package: name, shard, started, ended, failed: state === 'failed' }],
  );
}

/** Removes what the jobs exchanged. */
export async function cleanUp(view: RunView): Promise<void> {
  try {
    const names = (await view.exchange.list()).filter(({ name }) => parseName(name) !== undefined);
    for (let at = 0; at < names.length; at += removalsAtOnce)
      await Promise.all(names.slice(at, at + removalsAtOnce).map(({ name }) => view.exchange.remove(name)));
  } catch (error) {
    // It goes by itself in a day.
    view.options.warn(`What the jobs exchanged is not all removed: ${(error as Error).message}`);
  }
}

/** Packages that jobs of the run built under one key, and not the same, by name. */
export function nonReproducibleOf(view: RunView): NonReproducible[] {
  return [...view.known.unlike]
    .map(([name, { key, rpms, builds }]): NonReproducible => {
      const first = view.known.results.get(key)?.shard;
      const all = [...builds.values()].map(({ shard, artifact = null }) => ({ shard, artifact }));
      const counts = all.find(({ shard }) => shard === first) ?? (all[0] as OneBuild);
      const others = all.filter((one) => one !== counts);
      return { package: name, rpms: [...rpms].sort(), counts, others };
    })
    .sort((a, b) => order(a.package, b.package));
}

/** Packages that the run built under several keys: what they were built on did not count in the end. */
export function builtAgain(view: RunView): string[] {
  const names = [...view.known.results.values()].map((told) => told.package).sort();
  return [...new Set(names.filter((name, at) => name === names[at - 1]))];
}
