import type { Result } from '../../model/build-result.ts';
import type { PackageReport } from './heartbeat.ts';

/** What a job knows of the results and failures of its run, by key. */
export interface KnownResults {
  results: Map<string, PackageReport & { result: Result }>;
  /** Failures of this attempt, by key, or by package where there is no key. */
  failures: Map<string, PackageReport>;
  /** Packages of which builds of one key made different RPMs. */
  unlike: Map<string, Differing>;
  /** First artifacts of results whose bytes were not what was promised: they never count. */
  refused: Set<number>;
  /** Keys of stored results about which the store gave no answer, with its words: they do not count in this job. */
  unanswered: Map<string, string>;
}

/** Builds of one key that differ for who needs them. */
export interface Differing {
  key: string;
  /** Names of the RPMs that differ. */
  rpms: Set<string>;
  /** What was told of each, by its shard. */
  builds: Map<number, PackageReport>;
}

export function newKnownResults(): KnownResults {
  return {
    results: new Map(),
    failures: new Map(),
    unlike: new Map(),
    refused: new Set(),
    unanswered: new Map(),
  };
}

/** What a new word means for who has built on what was known before. */
export type News = 'old' | 'more' | 'other';

/**
 * Notes what a shard tells. Of two results under one key, the one whose first artifact has the lower id counts; one that
 * was never published comes last. `other`: what was known under the key is replaced by something that dependents would
 * see.
 */
export function noteReport(known: KnownResults, told: PackageReport): News {
  if (told.result === undefined) {
    const at = told.key ?? told.package;
    if (known.failures.has(at)) return 'old';
    known.failures.set(at, told);
    return 'more';
  }
  if (told.id !== undefined && known.refused.has(told.id)) return 'old';
  const { result } = told;
  const there = known.results.get(result.key);
  const one = { ...told, result };
  if (there === undefined) {
    known.results.set(result.key, one);
    return 'more';
  }
  const difference = unlike(there.result, result);
  if (difference.length > 0) {
    const all = known.unlike.get(result.package);
    const { rpms, builds } = all?.key === result.key ? all : { rpms: new Set<string>(), builds: new Map() };
    for (const name of difference) rpms.add(name);
    for (const build of [there, told]) builds.set(build.shard, build);
    known.unlike.set(result.package, { key: result.key, rpms, builds });
  }
  if ((told.id ?? Number.POSITIVE_INFINITY) > (there.id ?? Number.POSITIVE_INFINITY)) return 'old';
  known.results.set(result.key, one);
  return difference.length === 0 ? 'old' : 'other';
}

/** The failure of a package under this key, if there was one. */
export function failureOf(known: KnownResults, name: string, key: string): PackageReport | undefined {
  return known.failures.get(key) ?? known.failures.get(name);
}

/** Names of the RPMs in which two results differ for their dependents; none when they are interchangeable. */
function unlike(a: Result, b: Result): string[] {
  const digests = (result: Result) => new Map(result.rpms.map((rpm) => [rpm.name, rpm.outputDigest]));
  const [one, two] = [digests(a), digests(b)];
  return [...new Set([...one.keys(), ...two.keys()])].filter((name) => one.get(name) !== two.get(name));
}
