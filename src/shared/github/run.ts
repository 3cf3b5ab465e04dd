import { readFileSync } from 'node:fs';
import type { Problem } from '../base/problems.ts';
import { textDigest } from '../host/digests.ts';

/** The attempt of the workflow run that this job belongs to, from 1; 1 outside of a run. */
export function runAttempt(): number {
  return Number(process.env['GITHUB_RUN_ATTEMPT'] ?? '1');
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * True on GitHub Enterprise Server, whose artifacts and cache are those of an older version: GitHub's own libraries refuse
 * it by the same rule. Pure.
 */
export function isEnterpriseServer(environment: Environment): boolean {
  const address = environment['GITHUB_SERVER_URL'] ?? '';
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return hostname !== 'github.com' && !hostname.endsWith('.ghe.com') && !hostname.endsWith('.localhost');
}

/**
 * Returns what this job of a workflow run lacks of GitHub's services, and how to go on; undefined if nothing, and outside
 * of a run. Pure.
 */
export function missingServices(environment: Environment): Problem | undefined {
  if (environment['GITHUB_ACTIONS'] !== 'true') return undefined;
  if (isEnterpriseServer(environment))
    return {
      message:
        'GitHub Enterprise Server has neither artifacts of version 4 nor a cache of version 2: nothing is published',
      hint: 'Use github.com, or runners that share a folder, named by cache-dir, exchange-dir and out-dir.',
    };
  const lacks = ['ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_SERVICE_V2'].find((name) => !environment[name]);
  if (lacks === undefined) return undefined;
  return {
    message: `The runner gives no ${lacks}: this job has no ${lacks === 'ACTIONS_RESULTS_URL' ? 'artifacts and no cache' : 'cache'}`,
    hint: `Update the runner to ${oldestRunner} or newer, and start actions by \`uses:\`, not by \`run:\`.`,
  };
}

/** The oldest runner with Node 24. */
const oldestRunner = '2.327.1';

/** True if this job can reach the artifacts of a workflow run. */
export function hasArtifacts(): boolean {
  return (process.env['ACTIONS_RESULTS_URL'] ?? '') !== '' && !isEnterpriseServer(process.env);
}

/** Days that the repository's settings keep an artifact at most; infinite if they are unknown. */
export function mostRetentionDays(): number {
  return Number(process.env['GITHUB_RETENTION_DAYS']) || Number.POSITIVE_INFINITY;
}

/** True if this job can reach the cache. */
export function hasCache(): boolean {
  return hasArtifacts() && (process.env['ACTIONS_CACHE_SERVICE_V2'] ?? '') !== '';
}

/** True if this run saves entries in the cache. Those of a merge queue would go with its branch. */
export function leavesCache(): boolean {
  return process.env['GITHUB_EVENT_NAME'] !== 'merge_group' && !readsCacheOnly();
}

/** True if the runner's settings let this job save nothing in the cache. */
export function readsCacheOnly(): boolean {
  return ['none', 'read'].includes((process.env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase());
}

/** The refs whose cache entries this job can read: its own, the base of a pull request or queue, the default. */
export function visibleRefs(): string[] {
  const { merge_group: queue, repository } = startingEvent();
  const branch = (name: string | undefined) => (name ? [`refs/heads/${name}`] : []);
  const own = process.env['GITHUB_REF'] ?? 'refs/heads/main';
  const bases = [...branch(process.env['GITHUB_BASE_REF']), ...(queue?.base_ref ? [queue.base_ref] : [])];
  return [...new Set([own, ...bases, ...branch(repository?.default_branch)])];
}

/** The event that started the run: only it has the default branch. */
function startingEvent(): { merge_group?: { base_ref?: string }; repository?: { default_branch?: string } } {
  try {
    return JSON.parse(readFileSync(process.env['GITHUB_EVENT_PATH'] ?? '', 'utf8')) ?? {};
  } catch {
    return {};
  }
}

/** The commit that this run has checked out, and its repository; undefined outside of a run. */
export function runCommit(): { repository: string; sha: string } | undefined {
  const { GITHUB_REPOSITORY: repository = '', GITHUB_SHA: sha = '' } = process.env;
  return repository === '' || sha === '' ? undefined : { repository, sha };
}

/** A ref as part of a cache key: readable, and different for each ref. */
export function refInKey(ref: string): string {
  return `${ref.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80)}.${textDigest(ref).slice(0, 12)}`;
}

/** This run and attempt as part of a cache key: each key is used once. */
export function runInKey(): string {
  return `${process.env['GITHUB_RUN_ID'] ?? '0'}-${runAttempt()}`;
}

/** The job's name in its workflow; `job` outside of a run. */
export function jobName(): string {
  return process.env['GITHUB_JOB'] || 'job';
}
