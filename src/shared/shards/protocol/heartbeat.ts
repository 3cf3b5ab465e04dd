import { check, isDigest, isName } from '../../base/untrusted.ts';
import { lineLimits } from '../../builder/cause-lines.ts';
import type { Result } from '../../model/build-result.ts';
import { type StoredParts, storedParts } from '../../model/stored-parts.ts';
import { checkResult } from '../../store/check-result.ts';

/** What a shard tells of a package that ended there. */
export interface PackageReport {
  package: string;
  /** Null: it failed before it had one. */
  key: string | null;
  state: 'built' | 'failed';
  /** Why it was built, or why it failed. */
  reason: string;
  seconds: number;
  /** When its build began and ended, in seconds since 1970 by its shard's clock; absent where nothing ran. */
  started?: number;
  ended?: number;
  /** The shard that built it. */
  shard: number;
  /** Of a failure: what shows in its log where it went wrong. */
  lines: string[];
  /** Of a result: */
  result?: Result;
  /** what of it later runs can have, */
  stored?: StoredParts;
  /** the artifact that holds it now; null while only its shard has it, */
  artifact?: string | null;
  /** and the id of the artifact that held it first: of two results under one key the lower counts. */
  id?: number;
}

/** `heartbeat.json`: what a sign of life holds. */
export interface Heartbeat {
  schema: 'azl/heartbeat';
  version: 1;
  shard: number;
  attempt: number;
  /** When it was written, in seconds since 1970 by its shard's clock. */
  clock?: number;
  reports: PackageReport[];
  /** Builds that were ended with the time of the shard: how long they ran. Others take them only with more time left. */
  ranOut?: { package: string; seconds: number }[];
}

/** Seconds that a sign may be on its way. */
const longestWay = 60;

/**
 * What a sign tells, with the times of builds as the service's clock would have it where the shard's is wrong: the sign was
 * written shortly before the service had it. Pure.
 * @param createdAt of its artifact, by the service's clock
 */
export function reportsByServiceClock({ clock, reports }: Heartbeat, createdAt: number): PackageReport[] {
  const ahead = clock === undefined ? 0 : clock - createdAt;
  if (Math.abs(ahead) <= longestWay) return reports;
  return reports.map((one) =>
    one.started === undefined || one.ended === undefined
      ? one
      : { ...one, started: one.started - ahead, ended: one.ended - ahead },
  );
}

export const heartbeatFile = 'heartbeat.json';

/** The text of `heartbeat.json`. Pure. */
export function heartbeatText(content: Omit<Heartbeat, 'schema' | 'version'>): string {
  const heartbeat: Heartbeat = { schema: 'azl/heartbeat', version: 1, ...content };
  return JSON.stringify(heartbeat);
}

/**
 * Reads what another job wrote: nothing in it is believed before it is looked at. Names of files are plain names, and
 * digests are digests.
 * @throws Error that says what is wrong
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
    check(
      isTime(one.started) && (one.started === undefined) === (one.ended === undefined),
      'started',
      one.started,
    );
    check(isTime(one.ended) && (one.ended ?? 0) >= (one.started ?? 0), 'ended', one.ended);
    check(areLines(one.lines), 'lines', one.lines);
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

function areLines(value: unknown): boolean {
  const { lines, characters } = lineLimits;
  const isLine = (line: unknown) => typeof line === 'string' && line.length <= characters;
  return Array.isArray(value) && value.length <= lines && value.every(isLine);
}

function isTime(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value < 1e11);
}
