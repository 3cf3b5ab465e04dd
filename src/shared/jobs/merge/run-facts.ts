import { order } from '../../base/order.ts';
import { declaredNeeds } from '../../graph/declared-needs.ts';
import type { MergeInputs } from '../../model/inputs.ts';
import type { NonReproducible } from '../../report/non-reproducible.ts';
import { boundOf, type Span } from '../../report/timeline.ts';
import { logsName } from '../../rpm-repository/write/publish-artifacts.ts';
import type { PackageReport } from '../../shards/protocol/heartbeat.ts';
import {
  differingBuilds,
  type KnownResults,
  supersededFailures,
} from '../../shards/protocol/known-results.ts';
import { parseName } from '../../shards/protocol/names.ts';
import type { SharedFacts } from '../deliver.ts';
import type { SharedRun } from '../shared-run.ts';
import { type DiskRoom, inOrderOfFetching } from './published-results.ts';

/** Returns what the report of the run says of all its jobs. */
export async function sharedFacts(
  run: SharedRun,
  { repositoryContent }: MergeInputs,
  room: DiskRoom,
): Promise<SharedFacts> {
  const { state, plan, attempt } = run;
  const { known, context } = state;
  const spans = spansOf(known, attempt);
  const needsOf = (name: string) => declaredNeeds(context.tree.declared, name);
  return {
    ...{ nonReproducible: nonReproducibleOf(known), builtAgain: builtAgain(known), repositoryContent, spans },
    // The cause lines of failures in other jobs.
    lines: new Map(failuresOf(known).map((report) => [report.package, report.lines])),
    logs: await failureLogs(run),
    inParts: room === 'parts' ? (results) => inOrderOfFetching(state, results) : undefined,
    // A later attempt builds only what the first one left: its times say nothing of the schedule.
    bound: attempt === 1 ? boundOf(spans, needsOf, plan.shards + plan.heavyShards) : undefined,
  };
}

/** Returns the failures of this attempt. Of one package, that of the lowest shard comes last. */
function failuresOf({ failures }: KnownResults): PackageReport[] {
  return [...failures.values()].flatMap((all) => [...all.values()]).sort((a, b) => b.shard - a.shard);
}

/** Returns a line for each failure that does not count, because another job built the package under the same key. */
export function supersededLines(known: KnownResults): string[] {
  return supersededFailures(known)
    .map(
      ([failure, built]) =>
        `${built.package} was built by shard ${built.shard}; it failed on shard ${failure.shard}: ${failure.reason}`,
    )
    .sort(order);
}

/** Returns the artifacts with the logs of failures in other jobs of this attempt, by package, as far as they exist. */
async function failureLogs({ state, exchange, attempt }: SharedRun): Promise<Map<string, string>> {
  try {
    const listed = new Set((await exchange.list()).map(({ name }) => name));
    // A failure without lines has no log.
    const logs = failuresOf(state.known)
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
export function spansOf(known: KnownResults, attempt: number): Span[] {
  // Failures are those of this attempt alone.
  const all = [...known.results.values(), ...failuresOf(known)];
  return all.flatMap(({ package: name, shard, started, ended, state, artifact }) => {
    const isOfAttempt = (parseName(artifact ?? '')?.attempt ?? attempt) === attempt;
    if (started === undefined || ended === undefined || !isOfAttempt) return [];
    return [{ package: name, shard, started, ended, failed: state === 'failed' }];
  });
}

/** Returns the packages of which builds of one key differ, by name. */
function nonReproducibleOf(known: KnownResults): NonReproducible[] {
  const shown = ({ shard, artifact = null }: PackageReport) => ({ shard, artifact });
  return differingBuilds(known)
    .map(({ rpms, counts, others }): NonReproducible => {
      return { package: counts.package, rpms, counts: shown(counts), others: others.map(shown) };
    })
    .sort((a, b) => order(a.package, b.package));
}

/** Returns the packages that the run built under several keys: a result that they were built on did not count in the end. */
function builtAgain({ results }: KnownResults): string[] {
  const names = [...results.values()].map((report) => report.package).sort();
  return [...new Set(names.filter((name, at) => name === names[at - 1]))];
}
