import { clock } from '../base/duration.ts';
import { criticalPath } from '../planner/forecast.ts';

/** One build of a run, as its shard reports it. Seconds since 1970; clocks of shards may differ by a minute. */
export interface Span {
  package: string;
  shard: number;
  started: number;
  ended: number;
  failed: boolean;
}

/** Width of a bar, in columns. */
const columns = 60;

/** Marks of builds, in turn, so that builds that touch differ; of a build that failed; and of no build. */
const marks = { builds: ['█', '▓'], failure: '✗', idle: '·' };

/** Draws the builds of each shard as a bar of text, `✗` where a build failed; at most `most` shards, by number. Pure. */
export function timeBars(spans: readonly Span[], most: number): string[] {
  if (spans.length === 0) return [];
  const { from, length } = extent(spans);
  const shards = byShard(spans);
  const label = (text: string) => text.padEnd(`shard ${shards.at(-1)?.[0]}`.length);
  const column = (time: number) => ((time - from) / (length || 1)) * columns;
  const bars = shards.slice(0, most).map(([shard, own]) => {
    const bar = Array.from({ length: columns }, () => marks.idle);
    for (const [at, one] of own.entries()) {
      const fill = one.failed ? marks.failure : (marks.builds[at % marks.builds.length] as string);
      const first = Math.min(columns - 1, Math.floor(column(one.started)));
      bar.fill(fill, first, Math.min(columns, Math.max(first + 1, Math.ceil(column(one.ended)))));
    }
    return `${label(`shard ${shard}`)} ${bar.join('')}`;
  });
  const end = clock(length);
  const more = shards.length > most ? [`and ${shards.length - most} more`] : [];
  return [`${label('')} 0:00${end.padStart(columns - 4)}`, ...bars, ...more];
}

/** The builds of each shard by start, sorted by the shard's number. Pure. */
export function byShard(spans: readonly Span[]): [number, Span[]][] {
  const shards = new Map<number, Span[]>();
  for (const one of [...spans].sort((a, b) => a.started - b.started)) {
    const own = shards.get(one.shard);
    if (own === undefined) shards.set(one.shard, [one]);
    else own.push(one);
  }
  return [...shards].sort(([a], [b]) => a - b);
}

/** The start of the first build, and the seconds from it to the end of the last one. Pure. */
export function extent(spans: readonly Span[]): { from: number; length: number } {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { started, ended } of spans) [from, to] = [Math.min(from, started), Math.max(to, ended)];
  return { from, length: Math.max(0, to - from) };
}

/** A run compared with a lower bound that no schedule can beat. Seconds. */
export interface Bound {
  /** From the start of the first build to the end of the last one. */
  makespan: number;
  /** The higher of the two below. */
  least: number;
  /** All builds, divided evenly among the slots. */
  work: number;
  /** The longest chain of builds that need each other. */
  chain: number;
  /** Largest number of builds that ran at once. */
  slots: number;
}

/**
 * Compares a run with its lower bound; undefined when nothing was built. Pure.
 * @param needsOf the packages that one needs, built or not
 * @param most largest number of shards that ran at once
 */
export function boundOf(
  spans: readonly Span[],
  needsOf: (name: string) => readonly string[],
  most: number,
): Bound | undefined {
  if (spans.length === 0) return undefined;
  const tasks = spans.map(({ package: name, started, ended }) => {
    return { name, seconds: ended - started, needs: needsOf(name) };
  });
  const shards = byShard(spans);
  const ofOneShard = Math.max(...shards.map(([, own]) => atOnce(own)));
  const slots = Math.max(1, Math.min(shards.length, most)) * ofOneShard;
  const work = tasks.reduce((sum, { seconds }) => sum + seconds, 0) / slots;
  const chain = criticalPath(tasks);
  return { makespan: extent(spans).length, least: Math.max(work, chain), work, chain, slots };
}

/** The largest number of builds that one shard ran at once. */
function atOnce(spans: readonly Span[]): number {
  const starts = spans.map(({ started }) => started).sort((a, b) => a - b);
  const ends = spans.map(({ ended }) => ended).sort((a, b) => a - b);
  let [most, ended] = [1, 0];
  for (const [at, time] of starts.entries()) {
    while ((ends[ended] ?? Number.POSITIVE_INFINITY) <= time) ended++;
    most = Math.max(most, at + 1 - ended);
  }
  return most;
}
