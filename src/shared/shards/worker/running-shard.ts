import type { buildOne } from '../../builder/build-one.ts';
import type { SharedAnswers } from '../../solver/saved-answers.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import type { ShardSettings } from '../scheduler/settings.ts';
import type { Shard } from '../scheduler/shard.ts';
import type { ShardRange } from '../scheduler/work.ts';
import type { Exchange } from '../transport/exchange.ts';
import type { HeartbeatReader } from './heartbeat-reader.ts';
import type { RunState } from './run-state.ts';
import type { WakeUp } from './wake-up.ts';

/** A run as one of its jobs takes part in it. */
export interface JoinedRun {
  state: RunState;
  exchange: Exchange;
  heartbeats: HeartbeatReader;
  answers: SharedAnswers;
}

/** The identity of a shard, and its settings. */
export interface ShardOptions {
  id: number;
  attempt: number;
  settings: ShardSettings;
  /** Start of its time budget, in seconds of `performance.now`. */
  started: number;
  /** The shards of its matrix. */
  peers: ShardRange;
  /** The shards of the other matrix, if there is one. */
  others: ShardRange | undefined;
  /** Maximum number of peers that run at once. */
  most: number;
  /** True for the packages that its matrix builds. */
  takes: (name: string) => boolean;
}

/** The data that the parts of a running shard share. */
export interface RunningShard extends JoinedRun {
  options: ShardOptions;
  /** The scheduler's state. */
  shard: Shard;
  buildOne: typeof buildOne;
  /** The builds that are running. */
  builds: Set<Promise<void>>;
  /** The first error of a build that is no failure of its package. */
  error: unknown;
  /** Reports on the packages that ended here, by package. */
  reports: Map<string, PackageReport>;
  /** Builds that were ended with the time of this shard: seconds that they ran, by package. */
  ranOut: Map<string, number>;
  /** Steps that fail, by kind: since when, and how often. */
  failing: Map<string, { since: number; times: number }>;
  /** Called when a build ends. */
  wakeUp: WakeUp;
}

/** Returns the seconds of the monotonic clock. */
export function now(): number {
  return performance.now() / 1000;
}
