import type { PlanInputs, SharedInputs } from '../../model/inputs.ts';
/** What shards go by. Seconds, where nothing else is said. Each is an input of `build-packages`. */
export interface ShardSettings {
  /** A shard shows that it lives this often. */
  heartbeatInterval: number;
  /** Claims of a shard that gave no sign for so long have expired. */
  lease: number;
  /** An idle shard looks at the listing this often. */
  pollInterval: number;
  /** A result that nobody waits for is published after so long at the latest … */
  batchDelay: number;
  /** … or when so many bytes are waiting. */
  batchBytes: number;
  /** A shard takes no package that is expected to end later than this after its start. */
  timeBudget: number;
  /** Packages that a shard builds at once. */
  slots: number;
}

/**
 * The defaults. The budget leaves half an hour of the six hours of a hosted job to what takes longer than expected and
 * to publishing.
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

/** The part of its time budget that a shard has left when it has just started. */
export const fresh = 0.95;

/**
 * A listing within a run has no pages and ends at 1,000. From so many on, shards fold: each publishes its small results
 * again as one.
 */
export const compactAt = 600;

/** A package whose claims expired so often has failed: perhaps it kills its runner. */
export const generations = 3;

/** Seconds that a shard has. */
export function timeBudgetOf({ timeBudget }: Pick<SharedInputs, 'timeBudget'>): number {
  return timeBudget === undefined ? defaultSettings.timeBudget : timeBudget * 60;
}

/** Seconds that a shard for heavy packages has. */
export function heavyTimeBudgetOf({
  heavyTimeBudget,
  timeBudget,
}: Pick<PlanInputs, 'heavyTimeBudget' | 'timeBudget'>): number {
  return timeBudgetOf({ timeBudget: heavyTimeBudget ?? timeBudget });
}

/** What shards go by: what was given, else the defaults. */
export function shardSettings(inputs: SharedInputs, slots: number): ShardSettings {
  const given: Partial<ShardSettings> = {
    timeBudget: timeBudgetOf(inputs),
    heartbeatInterval: inputs.heartbeatInterval,
    lease: inputs.claimLease,
    pollInterval: inputs.pollInterval,
    batchDelay: inputs.batchDelay,
    batchBytes: inputs.batchSize === undefined ? undefined : inputs.batchSize * 1e6,
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaultSettings, slots, ...Object.fromEntries(set) };
}
