import { order } from '../../base/order.ts';
import type { Result } from '../../model/build-result.ts';
import { hasBytesOf } from '../../store/result-files.ts';
import type { PackageReport } from './heartbeat.ts';

/** The report on a package that was built. */
export type BuiltReport = PackageReport & { result: Result };

/** The results and failures of a run that a job knows. */
export type KnownResults = ReturnType<typeof newKnownResults>;

/** Returns that nothing of a run is known yet. */
export function newKnownResults() {
  return {
    /** By key: of all builds under it, the one that counts. */
    results: new Map<string, BuiltReport>(),
    /** Every build, by key and shard. */
    builds: new Map<string, Map<number, BuiltReport>>(),
    /** Failures of this attempt, by key, or by package where there is no key; then by shard. See {@link failureOf}. */
    failures: new Map<string, Map<number, PackageReport>>(),
    /** First artifacts of results whose files were damaged: they never count. */
    refused: new Set<number>(),
    /** Keys of stored results about which the store gave no answer, with its message: they do not count in this job. */
    unanswered: new Map<string, string>(),
  };
}

/** The effect of a report on what was derived before: none, more is known, or a result was replaced by another one. */
export type News = 'old' | 'more' | 'other';

/**
 * Notes a report. Of two results under one key, the one whose first artifact has the lower id counts; one that was never
 * published comes last. What is known at the end does not depend on the order in which reports were read.
 * @returns `other` when the result under the key is replaced by one of other bytes
 */
export function noteReport(known: KnownResults, report: PackageReport): News {
  const { result } = report;
  if (result === undefined) {
    const isNew = note(known.failures, report.key ?? report.package, report);
    return isNew ? 'more' : 'old';
  }
  if (report.id !== undefined && known.refused.has(report.id)) return 'old';
  const withResult = { ...report, result };
  note(known.builds, result.key, withResult);
  const before = known.results.get(result.key);
  if (before === undefined) {
    known.results.set(result.key, withResult);
    return 'more';
  }
  const never = Number.POSITIVE_INFINITY;
  if ((report.id ?? never) > (before.id ?? never)) return 'old';
  known.results.set(result.key, withResult);
  const isSame = differingRpms(before.result, result).length === 0 && hasBytesOf(before.result, result);
  return isSame ? 'old' : 'other';
}

/** Returns true if it is the first one there of its shard. */
function note<T extends PackageReport>(all: Map<string, Map<number, T>>, at: string, report: T): boolean {
  const known = all.get(at) ?? new Map<number, T>();
  all.set(at, known);
  const isNew = !known.has(report.shard);
  known.set(report.shard, report);
  return isNew;
}

/**
 * Returns the failure of a package under this key, if there was one: that of the shard with the lowest number. A result
 * supersedes every failure under its key, whichever was read first: what failed may have been a runner.
 */
export function failureOf(known: KnownResults, name: string, key: string): PackageReport | undefined {
  if (known.results.has(key)) return undefined;
  const failures = known.failures.get(key) ?? known.failures.get(name);
  return failures && [...failures.values()].sort((a, b) => a.shard - b.shard)[0];
}

/** Returns the failures that do not count, each with the build that counts instead. */
export function supersededFailures({ results, failures }: KnownResults): [PackageReport, BuiltReport][] {
  return [...failures].flatMap(([at, reports]) =>
    [...reports.values()].flatMap((failure): [PackageReport, BuiltReport][] => {
      const built = results.get(at) ?? (failure.key === null ? resultOf(results, at) : undefined);
      return built === undefined ? [] : [[failure, built]];
    }),
  );
}

function resultOf(results: KnownResults['results'], name: string): BuiltReport | undefined {
  return [...results.values()].find((report) => report.package === name);
}

/** Builds of one key of which some differ for their dependents. */
export interface DifferingBuilds {
  /** Names of the RPMs that differ. */
  rpms: string[];
  counts: BuiltReport;
  others: BuiltReport[];
}

/** Returns the builds that differ from the one under the same key that counts. */
export function differingBuilds({ builds, results }: KnownResults): DifferingBuilds[] {
  return [...builds].flatMap(([key, all]) => {
    const counts = results.get(key);
    if (counts === undefined) return [];
    const differing = [...all.values()].flatMap((build) => {
      const rpms = differingRpms(counts.result, build.result);
      return rpms.length === 0 ? [] : [{ build, rpms }];
    });
    if (differing.length === 0) return [];
    const rpms = [...new Set(differing.flatMap((one) => one.rpms))].sort(order);
    const others = differing.map(({ build }) => build).sort((a, b) => a.shard - b.shard);
    return [{ rpms, counts, others }];
  });
}

/** Returns the names of the RPMs in which two results differ for their dependents. */
function differingRpms(a: Result, b: Result): string[] {
  const digests = (result: Result) => new Map(result.rpms.map((rpm) => [rpm.name, rpm.outputDigest]));
  const [one, two] = [digests(a), digests(b)];
  return [...new Set([...one.keys(), ...two.keys()])].filter((name) => one.get(name) !== two.get(name));
}
