import type { Result, Srpm } from '../result/result.ts';
import type { Rpm } from '../rpm/rpm.ts';

/** What a shard tells of a package that ended there. */
export interface Told {
  package: string;
  /** Null: it failed before it had one. */
  key: string | null;
  state: 'built' | 'failed';
  /** Why it was built, or why it failed. */
  reason: string;
  seconds: number;
  /** The shard that built it. */
  shard: number;
  /** Of a failure: what shows in its log where it went wrong. */
  lines: string[];
  /** Of a result: */
  result?: Result;
  /** the artifact that holds it now; null while only its shard has it, */
  artifact?: string | null;
  /** and the id of the artifact that held it first: of two results under one key the lower counts. */
  id?: number;
}

/** `alive.json`: what a sign of life holds. */
export interface Alive {
  schema: 'azl/alive';
  version: 1;
  shard: number;
  attempt: number;
  told: Told[];
}

export const aliveFile = 'alive.json';

/**
 * Reads what another job wrote: nothing in it is believed before it is looked at. Names of files are plain names, and
 * digests are digests.
 * @throws Error that says what is wrong
 */
export function readAlive(text: string): Alive {
  const alive = JSON.parse(text) as Alive;
  if (alive.schema !== 'azl/alive' || alive.version !== 1) throw new Error('it is of another version of azl');
  if (!Array.isArray(alive.told)) throw new Error("it has no list 'told'");
  for (const one of alive.told) {
    check(isName(one.package), 'package', one.package);
    check(one.state === 'built' || one.state === 'failed', 'state', one.state);
    check(one.key === null || isDigest(one.key), 'key', one.key);
    check(typeof one.seconds === 'number' && typeof one.reason === 'string', 'reason', one.reason);
    check(
      Array.isArray(one.lines) && one.lines.every((line) => typeof line === 'string'),
      'lines',
      one.lines,
    );
    if (one.state === 'built') checkResult(one);
  }
  return alive;
}

function checkResult({ result, artifact, id, key, package: name }: Told): void {
  check(result?.schema === 'azl/result' && result.version === 1, 'result.schema', result?.schema);
  if (result === undefined) return;
  check(result.package === name && result.key === key, 'result.key', result.key);
  check(isRecord(result.components), 'components', result.components);
  check(typeof result.seconds === 'number' && isRecord(result.parts), 'parts', result.parts);
  check(isName(artifact), 'artifact', artifact);
  check(Number.isSafeInteger(id) && (id as number) >= 0, 'id', id);
  check(Array.isArray(result.rpms), 'rpms', result.rpms);
  for (const file of [result.srpm, ...result.rpms]) checkFile(file);
  for (const rpm of result.rpms) checkRpm(rpm);
}

function checkFile({ file, size, shipDigest }: Srpm): void {
  check(isName(file) && file.endsWith('.rpm'), 'file', file);
  check(Number.isSafeInteger(size) && isDigest(shipDigest), 'shipDigest', shipDigest);
}

function checkRpm(rpm: Rpm): void {
  for (const field of ['name', 'version', 'release', 'arch', 'sourceRpm'] as const)
    check(isName(rpm[field]), field, rpm[field]);
  check(Number.isSafeInteger(rpm.epoch), 'epoch', rpm.epoch);
  check(isDigest(rpm.outputDigest), 'outputDigest', rpm.outputDigest);
  for (const field of ['provides', 'requires', 'conflicts', 'obsoletes', 'files', 'folders'] as const) {
    const list: unknown = rpm[field];
    check(Array.isArray(list) && list.every((one) => typeof one === 'string'), field, list);
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_+~^.-]+$/.test(value) && !/^\.\.?$/.test(value);
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function check(holds: boolean, field: string, value: unknown): void {
  if (!holds) throw new Error(`its '${field}' is ${JSON.stringify(value)?.slice(0, 80)}`);
}
