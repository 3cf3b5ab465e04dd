import {
  constant,
  digest,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  plainName,
  text,
} from '../../base/schema.ts';
import { ensure, parseDocument } from '../../base/validate.ts';
import { lineLimits } from '../../builder/cause-lines.ts';
import { type Result, resultSchema, type StoredParts, storedPartsSchema } from '../../model/build-result.ts';
import { type FailureKind, failureKinds } from '../../model/outcome.ts';
import { type GeneratedRun, generatedRunSchema } from '../../solver/generated-requires.ts';
import { checkResult } from '../../store/check-result.ts';
import { type SharedAnswer, sharedAnswerSchema } from './shared-answers.ts';

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
  /** Kind of a failure; absent if none is known. */
  kind?: FailureKind;
  /** The line of its spec that failed, from 1. */
  line?: number;
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
  /** The answers that its solver found. */
  answers?: SharedAnswer[];
  /** The requirements that runs of `%generate_buildrequires` named. */
  generated?: GeneratedRun[];
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

/** Characters of a reason: others refuse a heartbeat with a longer one. */
const longestReason = 65_536;

/** Returns the text of `heartbeat.json`. Pure. */
export function heartbeatText(content: Omit<Heartbeat, 'schema' | 'version'>): string {
  const reports = content.reports.map((one) => ({ ...one, reason: one.reason.slice(0, longestReason) }));
  return JSON.stringify({ schema: 'azl/heartbeat', version: 1, ...content, reports } satisfies Heartbeat);
}

const times = { started: optional(number()), ended: optional(number()) };

const reportSchema = object<PackageReport>({
  ...{
    package: plainName,
    key: nullable(digest),
    state: oneOf('built', 'failed'),
    reason: text(longestReason),
  },
  ...{ seconds: number(), ...times, shard: integer() },
  ...{ kind: optional(oneOf(...failureKinds)), line: optional(integer()) },
  lines: list(text(lineLimits.characters), lineLimits.lines),
  ...{ result: optional(resultSchema), stored: optional(storedPartsSchema) },
  ...{ artifact: optional(nullable(plainName)), id: optional(integer()) },
});

const heartbeatSchema = object<Heartbeat>({
  ...{ schema: constant('azl/heartbeat'), version: constant(1), shard: integer(), attempt: integer() },
  clock: optional(number()),
  reports: list(reportSchema, 100_000),
  ranOut: optional(
    list(object<{ package: string; seconds: number }>({ package: plainName, seconds: number() }), 100_000),
  ),
  answers: optional(list(sharedAnswerSchema, 100_000)),
  generated: optional(list(generatedRunSchema, 100_000)),
});

/**
 * Parses the heartbeat of another job: each field is verified.
 * @param from the shard and the attempt that the name of its artifact says
 * @throws InvalidDocumentError that names the wrong field
 */
export function readHeartbeat(content: string, from: Pick<Heartbeat, 'shard' | 'attempt'>): Heartbeat {
  const heartbeat = parseDocument(heartbeatSchema, content, heartbeatFile);
  for (const field of ['shard', 'attempt'] as const)
    ensure(
      heartbeat[field] === from[field],
      `$.${field}`,
      `This is ${heartbeat[field]}, and its name says ${from[field]}`,
    );
  for (const [at, one] of heartbeat.reports.entries()) {
    const { started, ended, shard } = one;
    const place = `$.reports[${at}]`;
    ensure(shard === from.shard, `${place}.shard`, `This is ${shard}, but expected ${from.shard}`);
    const isSpan = (started === undefined) === (ended === undefined) && (ended ?? 0) >= (started ?? 0);
    ensure(isSpan, `${place}.ended`, `This is ${ended}, but it began at ${started}`);
    checkReport(one, place);
  }
  return heartbeat;
}

function checkReport(
  { state, package: name, key, result, artifact, id, stored }: PackageReport,
  place: string,
): void {
  if (state === 'failed') {
    const isBare = [result, artifact, id, stored].every((one) => one === undefined);
    ensure(isBare, place, 'This package failed, but has a result');
    return;
  }
  ensure(typeof artifact === 'string' && id !== undefined, `${place}.artifact`, 'No artifact has its result');
  ensure(result !== undefined, `${place}.result`, 'It was built, but has no result');
  checkResult(result, name, key);
}
