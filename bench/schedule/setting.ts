import type { ShardSettings } from '../../src/shared/shards/scheduler/settings.ts';
import type { Load } from './load.ts';

/** The circumstances of a simulated run. */
export interface Setting {
  load: Load;
  /** Shards that run at once. */
  shards: number;
  seed: number;
  settings?: ShardSettings;
  /** How many shards die, each at a random moment of the middle half of the run. */
  deaths?: number;
  /** Highest priority first (as shards do), or whatever became ready first. */
  order?: 'critical path' | 'first in, first out';
  /** Share of the listings that show a random half of what there is. */
  cut?: number;
  /** Bytes of each package's manifest, as a heartbeat carries it. */
  manifests?: ReadonlyMap<string, number>;
}

/** What came of a simulated run. Times in seconds. */
export interface Run {
  makespan: number;
  /** Of runners that did not build or fetch for a build. */
  idle: number;
  /** Of runners in all. */
  paid: number;
  built: number;
  failed: string[];
  /** Packages built more than once. */
  twice: number;
  /** Builds that were ended with the time of their shard, and left to another. */
  ranOut: number;
  calls: Record<'list' | 'claim' | 'publish' | 'heartbeat' | 'read' | 'remove' | 'download', number>;
  /** Most artifacts listed at any moment. */
  listed: number;
  /** Most artifacts created by one job. */
  createdByJob: number;
  jobs: number;
  /** The packages in the heartbeat with the largest manifests. */
  largestHeartbeat: string[];
  /** Most bytes of manifests that one job read from heartbeats. */
  readBytes: number;
}

/** Seconds that a call takes; bytes that one transfers in a second; downloads at once. */
export const charge = { list: 1, claim: 2, publish: 5, read: 5, remove: 1, bytesPerSecond: 50e6, atOnce: 8 };

/** Jobs start up to so many seconds apart. */
export const startUp = 300;

/** GitHub ends a job after so many seconds. */
export const jobLimit = 6 * 3600;

/** Runners are up to so much slower or faster than most. */
const speedSpread = 0.1;

/** Returns how many times the usual time a runner takes. */
export function runnerSpeed(random: () => number): number {
  return 1 + speedSpread * (2 * random() - 1);
}
