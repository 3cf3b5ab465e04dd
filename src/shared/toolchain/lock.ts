import type { Log } from '../base/log.ts';
import { order } from '../base/order.ts';
import { problem } from '../base/problems.ts';
import type { Deb } from './debian/deb.ts';

/** `toolchain.lock`: the Debian packages that the toolchain is made of. They stay the same while the file exists. */
export interface Lock {
  schema: 'azl/toolchain-lock';
  version: 1;
  /** The host's distribution and release when the packages were chosen: `debian 12`. */
  suite: string;
  /** RPM's name of the architecture. */
  arch: string;
  /** Everything that the conversion needs to know, sorted by name: with a lock, apt is not asked. */
  packages: Deb[];
}

/** The name of the lock in the cache folder. */
export const lockFile = 'toolchain.lock';

/** Returns the text of `toolchain.lock`. Pure. */
export function lockText(lock: Lock): string {
  return `${JSON.stringify(lock, null, 1)}\n`;
}

/** Parses the text of a lock. Pure. @throws ProblemsError when this version of azl cannot use it */
export function parseLock(text: string, file: string): Lock {
  const hint = '`make toolchain UPDATE_LOCK=1` writes a new one.';
  let lock: Partial<Lock>;
  try {
    lock = JSON.parse(text) as Partial<Lock>;
  } catch {
    throw problem('the lock is not JSON', { file, hint });
  }
  const isValid =
    lock?.schema === 'azl/toolchain-lock' &&
    lock.version === 1 &&
    Array.isArray(lock.packages) &&
    lock.packages.every(isPackage);
  if (!isValid) throw problem('the lock is of another version or not whole', { file, hint });
  return lock as Lock;
}

function isPackage(deb: Partial<Deb> | null): boolean {
  return (
    /^[a-z0-9][a-z0-9+.-]*$/.test(deb?.name ?? '') &&
    /^[A-Za-z0-9.+~:-]+$/.test(deb?.version ?? '') &&
    /^[0-9a-f]{64}$/.test(deb?.digest ?? '') &&
    Array.isArray(deb?.depends) &&
    Array.isArray(deb?.provides)
  );
}

/** Returns the differences of two locks, one line a package, sorted by package name. Pure. */
export function lockChanges(before: Lock, after: Lock): string[] {
  const old = new Map(before.packages.map((deb) => [deb.name, deb]));
  const now = new Map(after.packages.map((deb) => [deb.name, deb]));
  const names = [...new Set([...old.keys(), ...now.keys()])].sort(order);
  return names.flatMap((name) => {
    const was = old.get(name);
    const is = now.get(name);
    if (was === undefined) return [`added ${name} ${is?.version}`];
    if (is === undefined) return [`removed ${name} ${was.version}`];
    if (was.version !== is.version) return [`${name} ${was.version} → ${is.version}`];
    return was.digest === is.digest ? [] : [`${name} ${is.version} with other content`];
  });
}

/** Logs how the new lock differs from the one in `text`. */
export function logLockChanges(text: string, file: string, lock: Lock, log: Log): void {
  let before: Lock;
  try {
    before = parseLock(text, file);
  } catch {
    log.info(`${lockFile} was not readable and is written anew`);
    return;
  }
  const changes = lockChanges(before, lock);
  if (changes.length === 0) log.info(`${lockFile} is up to date`);
  else log.info(`${lockFile} moves:\n${changes.map((change) => `  ${change}`).join('\n')}`);
}
