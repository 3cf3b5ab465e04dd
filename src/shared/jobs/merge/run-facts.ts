import { order } from '../../base/order.ts';
import type { NonReproducible, OneBuild } from '../../report/non-reproducible.ts';
import type { Span } from '../../report/timeline.ts';
import { logsName } from '../../rpm-repository/write/publish-artifacts.ts';
import type { KnownResults } from '../../shards/protocol/known-results.ts';
import { parseName } from '../../shards/protocol/names.ts';
import type { JoinedRun } from '../../shards/worker/running-shard.ts';

/** Returns the cause lines of failures in other jobs, by package. */
export function failureLines({ failures }: KnownResults): Map<string, readonly string[]> {
  return new Map([...failures.values()].map((report) => [report.package, report.lines]));
}

/** Returns the artifacts with the logs of failures in other jobs of this attempt, by package, as far as they exist. */
export async function failureLogs(
  { state, exchange }: Pick<JoinedRun, 'state' | 'exchange'>,
  attempt: number,
): Promise<Map<string, string>> {
  try {
    const listed = new Set((await exchange.list()).map(({ name }) => name));
    // A failure without lines has no log.
    const logs = [...state.known.failures.values()]
      .filter(({ lines }) => lines.length > 0)
      .map((report): [string, string] => [report.package, logsName(attempt, report.shard)]);
    return new Map(logs.filter(([, name]) => listed.has(name)));
  } catch (error) {
    state.context.log.warn(`Where the logs of failures are is not known: ${(error as Error).message}`);
    return new Map();
  }
}

/**
 * Returns when the jobs of this attempt built what. Hours without a build may lie between it and the attempt before,
 * whose builds are left out.
 */
export function spansOf({ results, failures }: KnownResults, attempt: number): Span[] {
  // Failures are those of this attempt alone.
  const all = [...results.values(), ...failures.values()];
  return all.flatMap(({ package: name, shard, started, ended, state, artifact }) => {
    const isOfAttempt = (parseName(artifact ?? '')?.attempt ?? attempt) === attempt;
    if (started === undefined || ended === undefined || !isOfAttempt) return [];
    return [{ package: name, shard, started, ended, failed: state === 'failed' }];
  });
}

/** Returns the packages of which builds of one key differ, by name. */
export function nonReproducibleOf({ nonReproducible, results }: KnownResults): NonReproducible[] {
  return [...nonReproducible]
    .map(([name, { key, rpms, builds }]): NonReproducible => {
      const first = results.get(key)?.shard;
      const all = [...builds.values()].map(({ shard, artifact = null }) => ({ shard, artifact }));
      const counts = all.find(({ shard }) => shard === first) ?? (all[0] as OneBuild);
      const others = all.filter((one) => one !== counts);
      return { package: name, rpms: [...rpms].sort(), counts, others };
    })
    .sort((a, b) => order(a.package, b.package));
}

/** Returns the packages that the run built under several keys: a result that they were built on did not count in the end. */
export function builtAgain({ results }: KnownResults): string[] {
  const names = [...results.values()].map((report) => report.package).sort();
  return [...new Set(names.filter((name, at) => name === names[at - 1]))];
}
