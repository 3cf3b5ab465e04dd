import { check, isDigest, isName } from '../../base/untrusted.ts';
import { lineLimits } from '../../builder/cause-lines.ts';
import type { Result } from '../../model/build-result.ts';
import { type StoredParts, storedParts } from '../../model/build-result.ts';
import { checkResult } from '../../store/check-result.ts';
import type { SharedAnswer } from './shared-answers.ts';

/** The report of a shard on a package that ended there. */
export interface PackageReport {
  package: string;
  /** Null if it failed before it had one. */
  key: string | null;
  state: 'built' | 'failed';
  /** Reason of the build, or of the failure. */
  reason: string;
  seconds: number;
  /** Begin and end of its build, in seconds since 1970 by the clock of its shard; absent if nothing ran. */
  started?: number;
  ended?: number;
  /** The shard that built it. */
  shard: number;
  /** Lines of the log that show the cause of a failure. */
  lines: string[];
  /** Only of a package that was built, as the fields below. */
  result?: Result;
  /** The parts of it that later runs can have. */
  stored?: StoredParts;
  /** The artifact that holds it now; null while only its shard has it. */
  artifact?: string | null;
  /** The id of the artifact that held it first. Of two results under one key, the one with the lower id counts. */
  id?: number;
}

/** The content of a heartbeat: `heartbeat.json`. */
export interface Heartbeat {
  schema: 'azl/heartbeat';
  version: 1;
  shard: number;
  attempt: number;
  /** Time of writing, in seconds since 1970 by the clock of its shard. */
  clock?: number;
  reports: PackageReport[];
  /** Builds that were ended with the time of the shard, and how long they ran. Shards with more time may take them. */
  ranOut?: { package: string; seconds: number }[];
  /** The answers that its solver found. `readAnswers` verifies each: an invalid one does no harm. */
  answers?: SharedAnswer[];
}

/** Maximum seconds between the writing of a heartbeat and its creation by the service. */
const longestTransit = 60;

/**
 * Returns the reports of a heartbeat, with the times of builds corrected to the clock of the service if the clock of the
 * shard is wrong: a heartbeat is written shortly before the service creates it. Pure.
 * @param createdAt creation of its artifact, by the clock of the service
 */
export function reportsByServiceClock({ clock, reports }: Heartbeat, createdAt: number): PackageReport[] {
  const ahead = clock === undefined ? 0 : clock - createdAt;
  if (Math.abs(ahead) <= longestTransit) return reports;
  return reports.map((one) =>
    one.started === undefined || one.ended === undefined
      ? one
      : { ...one, started: one.started - ahead, ended: one.ended - ahead },
  );
}

export const heartbeatFile = 'heartbeat.json';

/** Returns the text of `heartbeat.json`. Pure. */
export function heartbeatText(content: Omit<Heartbeat, 'schema' | 'version'>): string {
  return JSON.stringify({ schema: 'azl/heartbeat', version: 1, ...content } satisfies Heartbeat);
}

/**
 * Parses the heartbeat of another job. Each field is verified: names of files are plain names, and digests are digests.
 * @throws Error that names the wrong field
 */
export function readHeartbeat(text: string): Heartbeat {
  const heartbeat = JSON.parse(text) as Heartbeat;
  if (heartbeat.schema !== 'azl/heartbeat' || heartbeat.version !== 1)
    throw new Error('it is of another version of azl');
  check(isTime(heartbeat.clock), 'clock', heartbeat.clock);
  if (!Array.isArray(heartbeat.reports)) throw new Error("it has no list 'reports'");
  for (const one of heartbeat.reports) {
    check(isName(one.package), 'package', one.package);
    check(one.state === 'built' || one.state === 'failed', 'state', one.state);
    check(one.key === null || isDigest(one.key), 'key', one.key);
    check(typeof one.seconds === 'number' && typeof one.reason === 'string', 'reason', one.reason);
    const { started, ended, lines } = one;
    check(isTime(started) && (started === undefined) === (ended === undefined), 'started', started);
    check(isTime(ended) && (ended ?? 0) >= (started ?? 0), 'ended', ended);
    check(Array.isArray(lines) && lines.length <= lineLimits.lines && lines.every(isLine), 'lines', lines);
    if (one.state === 'built') checkBuilt(one);
  }
  const { ranOut = [] } = heartbeat;
  check(Array.isArray(ranOut), 'ranOut', ranOut);
  for (const one of ranOut) {
    check(isName(one.package), 'package', one.package);
    check(isTime(one.seconds) && one.seconds !== undefined, 'seconds', one.seconds);
  }
  return heartbeat;
}

function checkBuilt({ result, stored, artifact, id, key, package: name }: PackageReport): void {
  checkResult(result, name, key);
  check(isName(artifact), 'artifact', artifact);
  check(Number.isSafeInteger(id) && (id as number) >= 0, 'id', id);
  check(stored === undefined || storedParts.includes(stored), 'stored', stored);
}

function isLine(value: unknown): boolean {
  return typeof value === 'string' && value.length <= lineLimits.characters;
}

function isTime(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value < 1e11);
}
