import type { Log } from '../base/log.ts';
import type { RpmWarning } from './transaction.ts';

const shown = new WeakMap<Log, Set<string>>();

/**
 * Shows rpm's warnings of a transaction, each once in a job: the same RPM is installed in many roots.
 * @param place the root: `the build root of app`
 */
export function showRpmWarnings(log: Log, place: string, warnings: readonly RpmWarning[]): void {
  const before = shown.get(log) ?? new Set();
  shown.set(log, before);
  for (const { package: name, message } of warnings) {
    const line = name === '' ? message : `${name}: ${message}`;
    if (before.has(line)) continue;
    before.add(line);
    log.warn(`${line} (rpm, in ${place})`);
  }
}
