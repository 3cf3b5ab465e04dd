import { check, isDigest, isName } from '../base/untrusted.ts';
import type { Result, Srpm } from '../model/build-result.ts';
import type { Rpm } from '../model/rpm.ts';

/**
 * Looks at a manifest that another job wrote before anything in it is believed: names of files are plain names, digests
 * are digests.
 * @throws Error that says what is wrong
 */
export function checkResult(value: unknown, name: string, key: string | null): asserts value is Result {
  const result = value as Result | null | undefined;
  check(result?.schema === 'azl/result' && result.version === 1, 'result.schema', result?.schema);
  if (!result) return;
  check(isDigest(result.key) && result.key === key, 'result.key', result.key);
  check(result.package === name && isName(name), 'result.package', result.package);
  check(isRecord(result.components), 'components', result.components);
  check(typeof result.seconds === 'number' && isRecord(result.parts), 'parts', result.parts);
  check(Array.isArray(result.rpms), 'rpms', result.rpms);
  for (const file of [result.srpm, ...result.rpms]) checkFile(file);
  for (const rpm of result.rpms) checkRpm(rpm);
}

function checkFile(one: Srpm | null | undefined): void {
  const { file, size, shipDigest } = one ?? ({} as Partial<Srpm>);
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
