import { ranks } from '../../src/shared/planner/forecast.ts';
import type { Load, LoadedPackage } from './load.ts';
import { seeded } from './random.ts';
import { charge, runnerSpeed, startUp } from './setting.ts';

/** Returns the seconds to publish or to fetch these bytes in this many artifacts. */
function transfer(bytes: number, artifacts: number): number {
  return Math.ceil(artifacts / charge.atOnce) * charge.publish + bytes / charge.bytesPerSecond;
}

/**
 * Returns the makespan, in seconds, of one matrix for each level of the graph. Its jobs start when the last job of the
 * level before has ended. Within a level the packages with the longest expected duration come first.
 */
export function levelPerMatrix(load: Load, shards: number, seed: number): number {
  const random = seeded(seed * 104_729 + shards);
  const byName = new Map(load.packages.map((one) => [one.name, one]));
  const depths = new Map<string, number>();
  const depthOf = (one: LoadedPackage): number => {
    const known = depths.get(one.name);
    if (known !== undefined) return known;
    const depth = Math.max(0, ...one.needs.map((need) => 1 + depthOf(byName.get(need) as LoadedPackage)));
    depths.set(one.name, depth);
    return depth;
  };
  const levels = Object.groupBy(load.packages, depthOf);
  let now = 0;
  for (const level of Object.values(levels) as LoadedPackage[][]) {
    const jobs = Array.from({ length: Math.min(shards, level.length) }, () => ({
      free: now + random() * startUp,
      speed: runnerSpeed(random),
      bytes: 0,
      needs: new Set<string>(),
    }));
    for (const one of level.sort((a, b) => b.expected - a.expected)) {
      const job = jobs.reduce((best, other) => (other.free < best.free ? other : best));
      const wanted = one.needs.filter((need) => !job.needs.has(need));
      for (const need of wanted) job.needs.add(need);
      const bytes = wanted.reduce((sum, need) => sum + (byName.get(need)?.bytes ?? 0), 0);
      job.free += transfer(bytes, wanted.length) + one.seconds * job.speed;
      job.bytes += one.bytes;
    }
    now = Math.max(...jobs.map(({ free, bytes }) => free + transfer(bytes, 1)));
  }
  return now;
}

/**
 * Returns the makespan, in seconds, of jobs that own their packages from the start, by a list schedule of the expected
 * durations. A job builds its packages in that order and waits for those of others.
 */
export function assignedInAdvance(load: Load, shards: number, seed: number): number {
  const random = seeded(seed * 15_485_863 + shards);
  const jobs = Array.from({ length: shards }, () => ({
    planned: 0,
    free: random() * startUp,
    speed: runnerSpeed(random),
  }));
  const expected = load.packages.map((one) => ({ ...one, actual: one.seconds, seconds: one.expected }));
  const rank = ranks(expected);
  const planned = new Map<string, number>();
  const ends = new Map<string, { at: number; job: (typeof jobs)[number] }>();
  const left = new Map(expected.map((one) => [one.name, one]));
  const readyAt = ({ needs }: { needs: readonly string[] }) =>
    Math.max(0, ...needs.map((need) => planned.get(need) as number));
  while (left.size > 0) {
    const job = jobs.reduce((best, other) => (other.planned < best.planned ? other : best));
    const able = [...left.values()].filter(({ needs }) => needs.every((need) => planned.has(need)));
    const now = able.filter((one) => readyAt(one) <= job.planned);
    // Nothing is ready: the one that becomes ready first.
    const one =
      now.length > 0
        ? now.reduce((best, other) =>
            (rank.get(other.name) ?? 0) > (rank.get(best.name) ?? 0) ? other : best,
          )
        : able.reduce((best, other) => (readyAt(other) < readyAt(best) ? other : best));
    left.delete(one.name);
    job.planned = Math.max(job.planned, readyAt(one)) + one.seconds;
    planned.set(one.name, job.planned);
    const foreign = one.needs.filter((need) => ends.get(need)?.job !== job);
    const ready = one.needs.map((need) => {
      const { at, job: owner } = ends.get(need) as { at: number; job: unknown };
      return owner === job ? at : at + charge.publish;
    });
    const start = Math.max(job.free, ...ready) + transfer(0, foreign.length);
    job.free = start + one.actual * job.speed;
    ends.set(one.name, { at: job.free, job });
  }
  return Math.max(...[...ends.values()].map(({ at }) => at));
}
