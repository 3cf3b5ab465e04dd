import { architectures } from '../base/architectures.ts';
import type { Log } from '../base/log.ts';
import { makeCommand } from '../base/make-command.ts';
import { order } from '../base/order.ts';
import { ProblemsError } from '../base/problems.ts';
import {
  constant,
  digest,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Schema,
  text,
} from '../base/schema.ts';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import type { Alternative, Deb } from './debian/deb.ts';

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

/** Bytes of a lock: some hundred times those of a real one. */
export const longestLock = 32e6;

const debianName = text(255, /^[a-z0-9][a-z0-9+.-]*$/);
/** No character has a meaning for apt, for rpm's macros or in a line of a spec. */
const debianVersion = text(255, /^[A-Za-z0-9][A-Za-z0-9.+~:-]*$/);

const alternative = object<Alternative>({
  name: debianName,
  op: optional(oneOf<string>('<<', '<=', '=', '>=', '>>')),
  version: optional(debianVersion),
});

const deb = object<Deb>({
  ...{ name: debianName, version: debianVersion, source: debianName, digest, size: integer(0, 16e9) },
  architecture: oneOf<string>('all', ...Object.values(architectures).map(({ debian }) => debian)),
  // One line of a spec.
  summary: text(1000, /^[ -~\u00a0-\u2027\u202a-\uffff]*$/),
  depends: list(list(alternative, 1000, 1), 10_000),
  provides: list(alternative, 10_000),
});

const lockSchema: Schema<Lock> = object<Lock>({
  schema: constant('azl/toolchain-lock'),
  version: constant(1),
  suite: text(100, /^[a-z0-9 ._-]*$/),
  arch: oneOf<string>(...Object.values(architectures).map(({ rpm }) => rpm)),
  packages: list(deb, 20_000),
});

/** Returns the text of `toolchain.lock`. Pure. */
export function lockText(lock: Lock): string {
  return `${JSON.stringify(lock, null, 1)}\n`;
}

/** Parses the text of a lock. Pure. @throws ProblemsError when this version of azl cannot use it */
export function parseLock(text: string, file: string): Lock {
  const command = makeCommand('toolchain', { UPDATE_LOCK: '1' });
  const fail = (problems: InvalidDocumentError['problems']) =>
    new ProblemsError(problems.map((one) => ({ ...one, file, hint: `\`${command}\` writes a new one.` })));
  try {
    const lock = parseDocument(lockSchema, text, file);
    const at = lock.packages.findIndex(({ name }, index) => {
      const before = lock.packages[index - 1];
      return before !== undefined && order(before.name, name) >= 0;
    });
    if (at === -1) return lock;
    throw fail([{ message: 'The packages are not sorted by name, each once', path: `$.packages[${at}]` }]);
  } catch (error) {
    throw error instanceof InvalidDocumentError ? fail(error.problems) : error;
  }
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
