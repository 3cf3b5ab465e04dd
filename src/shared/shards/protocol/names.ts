/** What the name of an artifact of the exchange says. `attempt` is the run's, from 1. */
export type ExchangeName =
  | { kind: 'claim'; attempt: number; package: string; generation: number }
  | {
      kind: 'heartbeat';
      attempt: number;
      shard: number;
      publication: number;
      counter: number;
      ended: boolean;
    }
  | { kind: 'result'; attempt: number; shard: number; counter: number };

/** The same for everybody who wants this package: only one creates it. */
export function claimName(attempt: number, name: string, generation: number): string {
  return `azl-claim-${attempt}-${name}-${generation}`;
}

/**
 * A shard's sign of life. Names of two are never the same, so that a new one is there before the old one goes.
 * @param publication counts what the shard published: readers open a sign only when it is higher than what they read
 * @param ended the shard has ended: nothing is to be expected of it
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

/** Results of a shard: its own names alone, so that publishing cannot collide. */
export function resultName(attempt: number, shard: number, counter: number): string {
  return `azl-result-${attempt}-${shard}-${counter}`;
}

/** What a name says, or undefined when it is none of the exchange's. */
export function parseName(name: string): ExchangeName | undefined {
  const claim = /^azl-claim-(\d+)-(.+)-(\d+)$/.exec(name);
  if (claim !== null) {
    const [, attempt, which, generation] = claim;
    return {
      kind: 'claim',
      attempt: Number(attempt),
      package: which as string,
      generation: Number(generation),
    };
  }
  const alive = /^azl-heartbeat-(\d+)-(\d+)-(\d+)-(\d+)(-end)?$/.exec(name);
  if (alive !== null) {
    const [attempt, shard, publication, counter] = alive.slice(1, 5).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    return { kind: 'heartbeat', attempt, shard, publication, counter, ended: alive[5] !== undefined };
  }
  const result = /^azl-result-(\d+)-(\d+)-(\d+)$/.exec(name);
  if (result === null) return undefined;
  const [attempt, shard, counter] = result.slice(1).map(Number) as [number, number, number];
  return { kind: 'result', attempt, shard, counter };
}
