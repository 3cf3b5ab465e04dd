/** The parsed name of an artifact of the exchange. `attempt` is the run's, from 1. */
export type ExchangeName =
  | { kind: 'claim'; attempt: number; package: string; generation: number }
  | {
      kind: 'heartbeat';
      attempt: number;
      shard: number;
      /** Number of changes that the shard reported so far: other shards read only heartbeats with new ones. */
      publication: number;
      /** Number of artifacts of the shard so far. */
      counter: number;
      /** True for the last heartbeat of the shard. */
      ended: boolean;
    }
  | { kind: 'result'; attempt: number; shard: number; counter: number };

/** Returns the name of a claim on a package. All shards use the same name, so only one of them creates it. */
export function claimName(attempt: number, name: string, generation: number): string {
  return `azl-claim-${attempt}-${name}-${generation}`;
}

/**
 * Returns the name of a heartbeat. No two heartbeats of a run have the same name, so a new one is created before the old
 * one is removed.
 */
export function heartbeatName(
  attempt: number,
  shard: number,
  publication: number,
  counter: number,
  ended: boolean,
): string {
  return `azl-heartbeat-${attempt}-${shard}-${publication}-${counter}${ended ? '-end' : ''}`;
}

/** Returns the name of an artifact with results. Each shard has names of its own, so that publishing cannot collide. */
export function resultName(attempt: number, shard: number, counter: number): string {
  return `azl-result-${attempt}-${shard}-${counter}`;
}

/** Parses the name of an artifact; undefined if it is not one of the exchange. */
export function parseName(name: string): ExchangeName | undefined {
  const claim = /^azl-claim-(\d{1,9})-([\w+~^.-]+)-(\d{1,9})$/.exec(name);
  if (claim !== null) {
    const [, attempt, which = '', generation] = claim;
    return { kind: 'claim', attempt: Number(attempt), package: which, generation: Number(generation) };
  }
  const heartbeat = /^azl-heartbeat-(\d{1,9})-(\d{1,9})-(\d{1,9})-(\d{1,9})(-end)?$/.exec(name);
  if (heartbeat !== null) {
    const [attempt = 0, shard = 0, publication = 0, counter = 0] = heartbeat.slice(1, 5).map(Number);
    return { kind: 'heartbeat', attempt, shard, publication, counter, ended: heartbeat[5] !== undefined };
  }
  const result = /^azl-result-(\d{1,9})-(\d{1,9})-(\d{1,9})$/.exec(name);
  if (result === null) return undefined;
  const [attempt = 0, shard = 0, counter = 0] = result.slice(1).map(Number);
  return { kind: 'result', attempt, shard, counter };
}
