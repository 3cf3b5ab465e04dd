import { problem } from '../base/problems.ts';
import type { Deb } from './debian/deb.ts';

/** `toolchain.lock`: the packages that were chosen. While it is there, the same set is used. */
export interface Lock {
  schema: 'azl/toolchain-lock';
  version: 1;
  /** The host's distribution and release when the set was chosen: `debian 12`. */
  suite: string;
  arch: string;
  /** All facts that the conversion needs, sorted by name: a warm machine asks apt nothing. */
  packages: Deb[];
}

/** What differs between two locks, in the words of the log, sorted by package name. Pure. */
export function lockChanges(before: Lock, after: Lock): string[] {
  const old = new Map(before.packages.map((deb) => [deb.name, deb]));
  const now = new Map(after.packages.map((deb) => [deb.name, deb]));
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const was = old.get(name);
    const is = now.get(name);
    if (was === undefined) return [`added ${name} ${is?.version}`];
    if (is === undefined) return [`removed ${name} ${was.version}`];
    if (was.version !== is.version) return [`${name} ${was.version} → ${is.version}`];
    return was.digest === is.digest ? [] : [`${name} ${is.version} with other content`];
  });
}

/** The lock in `text`. @throws ProblemsError when it is none that this version can use. */
export function parseLock(text: string, file: string): Lock {
  const hint = '`make toolchain UPDATE_LOCK=1` writes a new one.';
  let lock: Partial<Lock>;
  try {
    lock = JSON.parse(text) as Partial<Lock>;
  } catch {
    throw problem('the lock is not JSON', { file, hint: hint });
  }
  const whole =
    lock?.schema === 'azl/toolchain-lock' &&
    lock.version === 1 &&
    Array.isArray(lock.packages) &&
    lock.packages.every(isPackage);
  if (!whole) throw problem('the lock is of another version or not whole', { file, hint: hint });
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
