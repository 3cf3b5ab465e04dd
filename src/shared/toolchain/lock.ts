import { architectures } from '../base/architectures.ts';
import type { Log } from '../base/log.ts';
import { makeCommand } from '../base/make-command.ts';
import { order } from '../base/order.ts';
import { ProblemsError } from '../base/problems.ts';
import {
  constant,
  digest,
  either,
  integer,
  list,
  map,
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
  version: 2;
  /** The host's distribution and release when the packages were chosen: `debian 12`. */
  suite: string;
  /** RPM's name of the architecture. */
  arch: string;
  /** Everything that the conversion needs to know, sorted by name: with a lock, apt is not asked. */
  packages: Deb[];
  /** Packages on demand, in the order in which they were asked for: a later group changes nothing of those before it. */
  additions: Addition[];
}

/** Packages that were added to a lock because specs require what the others lack. */
export interface Addition {
  /** The packages of each capability that was asked for, by its name or path without a version. */
  asked: Record<string, string[]>;
  /** These packages and what they need, without what the lock has already, sorted by name. */
  packages: Deb[];
  /** By package, what the archive's list of its files shows that it provides: sonames, `perl(X)`, programs …. */
  files: Record<string, string[]>;
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

const debs = list(deb, 20_000);

const addition = object<Addition>({
  asked: map(list(debianName, 1000, 1), text(4096)),
  packages: debs,
  files: map(list(text(4096), 100_000), debianName),
});

const common = {
  schema: constant('azl/toolchain-lock'),
  suite: text(100, /^[a-z0-9 ._-]*$/),
  arch: oneOf<string>(...Object.values(architectures).map(({ rpm }) => rpm)),
  packages: debs,
} as const;

/** The form before there were packages on demand. */
type FirstLock = Omit<Lock, 'version' | 'additions'> & { version: 1 };

const lockSchema: Schema<Lock | FirstLock> = either(
  object<Lock>({ ...common, version: constant(2), additions: list(addition, 10_000) }),
  object<FirstLock>({ ...common, version: constant(1) }),
);

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
    const read = parseDocument(lockSchema, text, file);
    const lock: Lock = read.version === 1 ? { ...read, version: 2, additions: [] } : read;
    const problems = contentProblems(lock);
    if (problems.length === 0) return lock;
    throw fail(problems);
  } catch (error) {
    throw error instanceof InvalidDocumentError ? fail(error.problems) : error;
  }
}

/** Returns what is wrong with a lock whose form is right. Pure. */
function contentProblems({ packages, additions }: Lock): InvalidDocumentError['problems'] {
  const known = new Set<string>();
  const asked = new Set<string>();
  const groups = [
    { packages, asked: {}, path: '$' },
    ...additions.map((one, at) => ({ ...one, path: `$.additions[${at}]` })),
  ];
  for (const group of groups) {
    for (const [at, { name }] of group.packages.entries()) {
      const before = group.packages[at - 1];
      if (known.has(name) || (before !== undefined && order(before.name, name) >= 0))
        return [
          {
            message: 'The packages are not sorted by name, each once',
            path: `${group.path}.packages[${at}]`,
          },
        ];
      known.add(name);
    }
    for (const [capability, names] of Object.entries(group.asked)) {
      const unknown = names.find((name) => !known.has(name));
      if (unknown === undefined && !asked.has(capability)) asked.add(capability);
      else {
        const message =
          unknown === undefined ? 'A capability is asked for twice' : `The lock has no package ${unknown}`;
        return [{ message, path: `${group.path}.asked['${capability}']` }];
      }
    }
  }
  return [];
}

/** Returns all packages of a lock, in its order. Pure. */
export function allPackages({ packages, additions }: Lock): Deb[] {
  return [...packages, ...additions.flatMap((one) => one.packages)];
}

/** Returns the differences of two locks, one line a package, sorted by package name. Pure. */
export function lockChanges(before: Lock, after: Lock): string[] {
  const old = new Map(allPackages(before).map((deb) => [deb.name, deb]));
  const now = new Map(allPackages(after).map((deb) => [deb.name, deb]));
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
