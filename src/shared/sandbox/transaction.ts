import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines } from '../base/last-lines.ts';
import { plainLine } from '../base/plain-line.ts';
import { ProblemsError } from '../base/problems.ts';
import { list, object, text } from '../base/schema.ts';
import { parseDocument } from '../base/validate.ts';
import { LimitError } from '../host/limit-error.ts';
import { ToolError } from '../host/process.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { Bind, SandboxOptions } from './arguments.ts';
import { limitsOf } from './limits.ts';
import type { Root } from './overlay.ts';
import { runInSandbox } from './run.ts';

/** The sources of the program that runs a transaction in the sandbox, by file name. The bundler follows literal paths alone. */
export const transactionHelpers = {
  'transaction.py': readFileSync(new URL('./transaction.py', import.meta.url), 'utf8'),
  'installed_files.py': readFileSync(new URL('./installed_files.py', import.meta.url), 'utf8'),
  'sysusers.py': readFileSync(new URL('./sysusers.py', import.meta.url), 'utf8'),
  'account_files.py': readFileSync(new URL('./account_files.py', import.meta.url), 'utf8'),
} as const;

/** Something that rpm warned of in a transaction, and went on: an unknown owner, a `%post` that failed. */
export interface RpmWarning {
  /** The RPM's name; empty where rpm named none. */
  package: string;
  message: string;
}

/**
 * The answer of the program that runs a transaction. Scriptlets run beside that program: its answer may be shown, and
 * proves nothing.
 */
export interface Transacted {
  /** Each once, at most a hundred. */
  warnings: RpmWarning[];
  /** The last MiB of the output of scriptlets, and of rpm. */
  output: string;
}

const answerSchema = object<{ problems: string[] } & Transacted>({
  problems: list(text(), 10_000),
  warnings: list(object<RpmWarning>({ package: text(), message: text() }), 1000),
  output: text(16 * 1024 * 1024),
});

/** Matches a line before the answer: a scriptlet starts. */
const runsLine = /^\{"runs": "([^"\\]{1,200})"\}$/;

export interface TransactionOptions
  extends Pick<SandboxOptions, 'binds' | 'limits' | 'timeoutSeconds' | 'signal'> {
  /** The root in which rpm runs. */
  root: Root;
  /** The folders of the RPM files on the host. The caller has checked their digests; they are not checked again. */
  rpmDirs: RpmDirs;
  /** Installed RPMs to erase: `name-version-release.arch`. */
  remove: readonly string[];
  /** The path in the sandbox of the root to change: an image's, from `binds`. Default: `/`. */
  into?: string;
  /** True if the RPMs do not state their release. What names one is then not checked again: the solver has decided. */
  releasesHidden?: boolean;
  /** The install time of the RPMs, in seconds since 1970. */
  sourceDateEpoch: number;
}

/** A transaction that rpm refused, or that a scriptlet or a damaged file broke. The root cannot be used after it. */
export class TransactionError extends Error {
  /** The problems as rpm states them. */
  readonly problems: readonly string[];
  /** The output of the scriptlets, then of rpm. */
  readonly output: string;

  constructor(problems: readonly string[], output: string) {
    const end = lastLines(output, 20);
    super(`the RPMs cannot be installed: ${problems.join('; ')}${end === '' ? '' : `\n${end}`}`);
    this.name = 'TransactionError';
    this.problems = problems;
    this.output = output;
  }
}

/** RPM files in folders of the host. */
export type RpmDirs = readonly { dir: string; files: readonly string[] }[];

/** Returns the binds of these folders. Pure. */
export function rpmBinds(rpmDirs: RpmDirs): Bind[] {
  return rpmDirs.map(({ dir: source }, index) => ({ source, target: `/azl/rpms-${index}` }));
}

/** Returns the paths of the files where {@link rpmBinds} shows them. Pure. */
export function rpmPaths(rpmDirs: RpmDirs): string[] {
  return rpmDirs.flatMap(({ files }, index) => files.map((file) => `/azl/rpms-${index}/${file}`));
}

export const transactionCommand = '/usr/bin/python3 -IB /azl/run/transaction.py /azl/run/request.json'.split(
  ' ',
);

/** Returns the sandbox of a transaction whose helper and request lie in `dir`. Pure. */
export function transactionSandbox(dir: string, options: TransactionOptions): SandboxOptions {
  return {
    root: options.root,
    as: 'root',
    env: { SOURCE_DATE_EPOCH: String(options.sourceDateEpoch) },
    inner: options.into === undefined ? [] : [options.into],
    binds: [...(options.binds ?? []), { source: dir, target: '/azl/run' }, ...rpmBinds(options.rpmDirs)],
    timeoutSeconds: options.timeoutSeconds,
    signal: options.signal,
  };
}

/**
 * Installs and erases RPMs in one transaction, with scriptlets, as root of a sandbox. An RPM replaces an installed one of
 * its name, whatever the versions. rpm checks all dependencies and file conflicts again.
 * Users of sysusers.d in the RPMs exist before their files are unpacked. A scriptlet that rpm goes on after is a warning.
 * @throws TransactionError; LimitError when it used more than it may, which names the scriptlet that ran
 */
export async function transact(options: TransactionOptions): Promise<Transacted> {
  return await withTempDir(options.root.overlay, 'transaction-', async (dir) => {
    const request = {
      root: options.into ?? '/',
      install: rpmPaths(options.rpmDirs),
      erase: options.remove,
      releasesHidden: options.releasesHidden === true,
    };
    for (const [name, text] of Object.entries(transactionHelpers)) await writeFile(join(dir, name), text);
    await writeFile(join(dir, 'request.json'), JSON.stringify(request));
    const { problems, ...rest } = answerOf(await answerLine(dir, options));
    if (problems.length > 0) throw new TransactionError(problems, rest.output);
    return rest;
  });
}

/** Runs the transaction whose helper and request lie in `dir`. Returns its last line. */
async function answerLine(dir: string, options: TransactionOptions): Promise<string> {
  const { limits = limitsOf('transaction') } = options;
  let runs = 'the transaction';
  let last = '';
  const onLine = (line: string) => {
    const started = runsLine.exec(line)?.[1];
    if (started === undefined) last = line;
    else runs = plainLine(started);
  };
  try {
    await runInSandbox(transactionCommand, { ...transactionSandbox(dir, options), limits, onLine });
  } catch (error) {
    if (error instanceof LimitError) throw error.of(runs);
    if (!(error instanceof ToolError)) throw error;
    const why = `the program that runs the transaction ended with ${error.code}; a scriptlet may have ended it`;
    throw new TransactionError([why], error.stderr);
  }
  return last;
}

function answerOf(stdout: string) {
  try {
    return parseDocument(answerSchema, stdout, 'the answer of the transaction');
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    const why = 'a scriptlet disturbed the program that runs the transaction';
    throw new TransactionError([`${why} (${error.problems.map(({ message }) => message).join('; ')})`], '');
  }
}

/** Compares the packages that rpm's database lists with those that it should. Returns the difference in words. Pure. */
export function installedDifference(
  found: readonly string[],
  expected: readonly string[],
): string | undefined {
  const [there, wanted] = [new Set(found), new Set(expected)];
  const surplus = found.filter((one) => !wanted.has(one));
  const lacking = expected.filter((one) => !there.has(one));
  const parts = [
    ...(surplus.length > 0 ? [`it holds ${surplus.join(', ')}`] : []),
    ...(lacking.length > 0 ? [`it lacks ${lacking.join(', ')}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(' and ');
}
