import type { Result } from '../../model/build-result.ts';
import type { PackageReport } from './heartbeat.ts';

/** The report on a package that was built. */
export type BuiltReport = PackageReport & { result: Result };

/** The results and failures of a run that a job knows. */
export type KnownResults = ReturnType<typeof newKnownResults>;

/** Returns that nothing of a run is known yet. */
export function newKnownResults() {
  return {
    /** By key. */
    results: new Map<string, BuiltReport>(),
    /** Failures of this attempt, by key, or by package where there is no key. */
    failures: new Map<string, PackageReport>(),
    /** Builds of one key that made different RPMs, by package. */
    nonReproducible: new Map<string, DifferingBuilds>(),
    /** First artifacts of results whose files were damaged: they never count. */
    refused: new Set<number>(),
    /** Keys of stored results about which the store gave no answer, with its message: they do not count in this job. */
    unanswered: new Map<string, string>(),
  };
}

/** Builds of one key that differ for their dependents. */
export interface DifferingBuilds {
  key: string;
  /** Names of the RPMs that differ. */
  rpms: Set<string>;
  /** The report of each build, by its shard. */
  builds: Map<number, PackageReport>;
}

/** The effect of a report on what was derived before: none, more is known, or a result was replaced by another one. */
export type News = 'old' | 'more' | 'other';

/**
 * Notes a report. Of two results under one key, the one whose first artifact has the lower id counts; one that was never
 * published comes last.
 * @returns `other` when the result under the key is replaced by one that differs for its dependents
 */
export function noteReport(known: KnownResults, report: PackageReport): News {
  const { result } = report;
  if (result === undefined) {
    const at = report.key ?? report.package;
    if (known.failures.has(at)) return 'old';
    known.failures.set(at, report);
    return 'more';
  }
  if (report.id !== undefined && known.refused.has(report.id)) return 'old';
  const before = known.results.get(result.key);
  const withResult = { ...report, result };
  if (before === undefined) {
    known.results.set(result.key, withResult);
    return 'more';
  }
  const difference = differingRpms(before.result, result);
  if (difference.length > 0) noteDifference(known, difference, [before, withResult]);
  const never = Number.POSITIVE_INFINITY;
  if ((report.id ?? never) > (before.id ?? never)) return 'old';
  known.results.set(result.key, withResult);
  return difference.length === 0 ? 'old' : 'other';
}

function noteDifference(known: KnownResults, rpms: string[], [one, other]: [BuiltReport, BuiltReport]): void {
  const { package: name, key } = other.result;
  const before = known.nonReproducible.get(name);
  const noted = before?.key === key ? before : { key, rpms: new Set<string>(), builds: new Map() };
  for (const rpm of rpms) noted.rpms.add(rpm);
  noted.builds.set(one.shard, one).set(other.shard, other);
  known.nonReproducible.set(name, noted);
}

/** Returns the failure of a package under this key, if there was one. */
export function failureOf(known: KnownResults, name: string, key: string): PackageReport | undefined {
  return known.failures.get(key) ?? known.failures.get(name);
}

/** Returns the names of the RPMs in which two results differ for their dependents. */
function differingRpms(a: Result, b: Result): string[] {
  const digests = (result: Result) => new Map(result.rpms.map((rpm) => [rpm.name, rpm.outputDigest]));
  const [one, two] = [digests(a), digests(b)];
  return [...new Set([...one.keys(), ...two.keys()])].filter((name) => one.get(name) !== two.get(name));
}
