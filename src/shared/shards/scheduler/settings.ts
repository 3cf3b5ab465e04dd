import type { PlanInputs, SharedInputs } from '../../model/inputs.ts';

/** The settings of a shard, in seconds where no unit is given. Each is an input of `build-packages`. */
export interface ShardSettings {
  /** Time between two heartbeats of a shard. */
  heartbeatInterval: number;
  /** Time without a heartbeat after which the claims of a shard expire. */
  lease: number;
  /** Time between two listings of an idle shard. */
  pollInterval: number;
  /** Maximum time before a result that no shard waits for is published. */
  batchDelay: number;
  /** Bytes of unpublished results from which on they are published. */
  batchBytes: number;
  /** A shard takes no package that is expected to end later than this after its start. */
  timeBudget: number;
  /** Number of packages that a shard builds at once. */
  slots: number;
}

/**
 * The defaults. The time budget leaves half an hour of the six hours of a hosted job for builds that take longer than
 * expected and for publishing.
 */
export const defaultSettings: ShardSettings = {
  heartbeatInterval: 300,
  lease: 600,
  pollInterval: 15,
  batchDelay: 300,
  batchBytes: 200e6,
  timeBudget: 19_800,
  slots: 1,
};

/**
 * Returns the settings of a job that builds alone. No other job reads its heartbeats and results or takes its packages,
 * so it never polls and has no time budget.
 */
export function settingsAlone(slots: number): ShardSettings {
  const never = Number.POSITIVE_INFINITY;
  const times = { heartbeatInterval: never, lease: never, pollInterval: never, timeBudget: never };
  return { ...times, batchDelay: never, batchBytes: never, slots };
}

/** The part of its time budget that a shard has left when it has just started. */
export const fresh = 0.95;

/**
 * Number of listed artifacts from which on shards compact: each publishes its small results again as one artifact. A
 * listing within a run has no pages and ends at 1,000.
 */
export const compactAt = 600;

/** Number of expired claims after which a package has failed: perhaps it kills its runner. */
export const generations = 3;

/** Number of heartbeats in a row that may be gone when they are read, before a shard waits for a newer listing. */
export const mostMissedReads = 3;

/** Returns the seconds that a shard has. */
export function timeBudgetOf({ timeBudget }: Pick<SharedInputs, 'timeBudget'>): number {
  return timeBudget === undefined ? defaultSettings.timeBudget : timeBudget * 60;
}

/** Returns the seconds that a shard for heavy packages has. */
export function heavyTimeBudgetOf(inputs: Pick<PlanInputs, 'heavyTimeBudget' | 'timeBudget'>): number {
  return timeBudgetOf({ timeBudget: inputs.heavyTimeBudget ?? inputs.timeBudget });
}

/** Returns the settings of a shard: the inputs, else the defaults. */
export function shardSettings(inputs: SharedInputs, slots: number): ShardSettings {
  const { batchSize } = inputs;
  return {
    heartbeatInterval: inputs.heartbeatInterval ?? defaultSettings.heartbeatInterval,
    lease: inputs.claimLease ?? defaultSettings.lease,
    pollInterval: inputs.pollInterval ?? defaultSettings.pollInterval,
    batchDelay: inputs.batchDelay ?? defaultSettings.batchDelay,
    batchBytes: batchSize === undefined ? defaultSettings.batchBytes : batchSize * 1e6,
    timeBudget: timeBudgetOf(inputs),
    slots,
  };
}
