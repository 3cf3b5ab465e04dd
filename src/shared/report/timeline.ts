import { clock } from '../base/duration.ts';
import { criticalPath } from '../planner/forecast.ts';

/** One build of a run, as its shard tells it. Times in seconds since 1970; clocks of shards may differ by a minute. */
export interface Span {
  package: string;
  shard: number;
  started: number;
  ended: number;
  failed: boolean;
}

/** Columns of a bar. */
const columns = 60;

/** Builds that touch are told apart by these. */
const fills = ['█', '▓'] as const;
const failure = '✗';
const idle = '·';

/**
 * The shards of a run as bars of text: when each built, `✗` where a build failed. One line a shard, by number, at most
 * `most` of them. Pure.
 */
export function timeBars(spans: readonly Span[], most: number): string[] {
  if (spans.length === 0) return [];
  const { from, length } = extent(spans);
  const shards = byShard(spans);
  const label = (text: string) => text.padEnd(`shard ${shards.at(-1)?.[0]}`.length);
  const cell = (time: number) => Math.min(columns - 1, Math.floor(((time - from) / (length || 1)) * columns));
  const bars = shards.slice(0, most).map(([shard, own]) => {
    const bar = Array.from({ length: columns }, () => idle as string);
    for (const [at, one] of own.entries()) {
      const fill = one.failed ? failure : (fills[at % fills.length] as string);
      const last = Math.max(cell(one.started), Math.ceil(((one.ended - from) / (length || 1)) * columns) - 1);
      bar.fill(fill, cell(one.started), Math.min(columns, last + 1));
    }
    return `${label(`shard ${shard}`)} ${bar.join('')}`;
  });
  const end = clock(length);
  const more = shards.length > most ? [`and ${shards.length - most} more`] : [];
  return [`${label('')} 0:00${end.padStart(columns - 4)}`, ...bars, ...more];
}

/** The builds of each shard in the order in which they began, by the shard's number. Pure. */
export function byShard(spans: readonly Span[]): [number, Span[]][] {
  const shards = new Map<number, Span[]>();
  for (const one of [...spans].sort((a, b) => a.started - b.started))
    shards.set(one.shard, [...(shards.get(one.shard) ?? []), one]);
  return [...shards].sort(([a], [b]) => a - b);
}

/** When the first build began, and the seconds from then until the last one ended. */
export function extent(spans: readonly Span[]): { from: number; length: number } {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { started, ended } of spans) [from, to] = [Math.min(from, started), Math.max(to, ended)];
  return { from, length: Math.max(0, to - from) };
}

/** How near a run came to what no schedule can better. Seconds. */
export interface Bound {
  /** From the first build's begin to the last one's end. */
  makespan: number;
  /** The higher of the two below. */
  least: number;
  /** All builds, shared out evenly. */
  work: number;
  /** The longest chain of builds of which each needs the one before. */
  chain: number;
  /** Builds that ran at once at most. */
  slots: number;
}

/**
 * Compares a run with its lower bound. Undefined when nothing was built. Pure.
 * @param needsOf packages that one needs, whether they were built or not
 * @param most shards that ran at once at most
 */
export function boundOf(
  spans: readonly Span[],
  needsOf: (name: string) => readonly string[],
  most: number,
): Bound | undefined {
  if (spans.length === 0) return undefined;
  const tasks = spans.map((one) => ({
    ...{ name: one.package, seconds: one.ended - one.started },
    needs: needsOf(one.package),
  }));
  const shards = byShard(spans);
  const slots =
    Math.max(1, Math.min(shards.length, most)) * Math.max(...shards.map(([, own]) => atOnce(own)));
  const work = tasks.reduce((sum, { seconds }) => sum + seconds, 0) / slots;
  const chain = criticalPath(tasks);
  return { makespan: extent(spans).length, least: Math.max(work, chain), work, chain, slots };
}

/** Most builds that one shard ran at the same time. */
function atOnce(spans: readonly Span[]): number {
  return Math.max(
    ...spans.map(
      ({ started }) => spans.filter((one) => one.started <= started && one.ended > started).length,
    ),
    1,
  );
}
