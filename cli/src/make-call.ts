import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { callVariable, type MakeCall } from '../../src/shared/base/make-command.ts';
import { shellWord } from '../../src/shared/base/shell-word.ts';

/** How make was called, and the folder in which the user stands. */
export interface Called {
  /** The words before the target, quoted for a shell: `make -C ../azl`. */
  command: string;
  workspace: string;
  /** True if `-C` was given and nothing tells where the user stands: then the workspace is the folder of azl. */
  isLost: boolean;
}

/** The options of GNU make that take a value. Of them, two say where azl is. */
const options = {
  directory: { type: 'string', short: 'C', multiple: true },
  file: { type: 'string', short: 'f', multiple: true },
  makefile: { type: 'string', multiple: true },
  'include-dir': { type: 'string', short: 'I', multiple: true },
  'old-file': { type: 'string', short: 'o', multiple: true },
  'what-if': { type: 'string', short: 'W', multiple: true },
  eval: { type: 'string', short: 'E', multiple: true },
} as const;

/** The beginnings of `--directory` that make takes for it. */
const abbreviated = /^--di(?:r(?:e(?:c(?:t(?:o(?:r)?)?)?)?)?)?(?==|$)/;

/**
 * Tells how make was called. With `-C` the user stands in another folder than make works in: in the first of `standing`
 * from which `-C` leads to `cwd`.
 * @param argv the words of make's command line
 * @param cwd the folder that make works in
 */
export function calledAs(argv: readonly string[], cwd: string, standing: readonly string[]): Called {
  const args = argv.slice(1).map((word) => word.replace(abbreviated, '--directory'));
  const { values } = parseArgs({ args, options, strict: false, allowPositionals: true });
  const folders = texts(values.directory).filter(Boolean);
  const files = [...texts(values.file), ...texts(values.makefile)].flatMap((file) => ['-f', file]);
  const from = folders.length === 0 ? undefined : standing.find((dir) => leadsTo(cwd, dir, folders));
  const workspace = from ?? cwd;
  const there = workspace === cwd ? [] : folders.flatMap((folder) => ['-C', folder]);
  const command = [argv[0] ?? 'make', ...there, ...files].map(shellWord).join(' ');
  return { command, workspace, isLost: folders.length > 0 && from === undefined };
}

/**
 * Tells how the make that started this process was called, and remembers it for the commands that messages print.
 * @param cwd the folder that make works in
 */
export function rememberCall(
  cwd: string,
  environment: Record<string, string | undefined>,
  given: MakeCall['given'] = {},
): Called {
  const { argv = ['make'], starterFolder } = startedBy() ?? {};
  // Programs that start make elsewhere than they stand leave an old PWD to it.
  const standing = [starterFolder, environment['AZL_PWD']].filter((dir) => dir !== undefined);
  const called = calledAs(argv, cwd, standing);
  environment[callVariable] = JSON.stringify({ make: called.command, given } satisfies MakeCall);
  return called;
}

/**
 * The make that started this process, and the folder of the shell, the sudo or the other make that started it: other
 * programs may start make elsewhere than they stand. Undefined if no make did.
 */
function startedBy(): { argv: string[]; starterFolder: string | undefined } | undefined {
  let pid: number | undefined = process.ppid;
  // Make starts a recipe through a shell, which may stay.
  for (let step = 0; step < 3 && pid !== undefined; step++) {
    const argv = argumentsOf(pid);
    const parent = parentOf(pid);
    if (runs(pid, make)) {
      const startsHere = parent !== undefined && [shell, make, sudo].some((one) => runs(parent, one));
      return { argv, starterFolder: startsHere ? folderOf(parent) : undefined };
    }
    if (!runs(pid, shell)) return undefined;
    pid = parent;
  }
  return undefined;
}

const make = /^g?make$/;
const sudo = /^(sudo|doas)$/;
const shell = /^-?(ba|da|z|k|mk|a|fi|c|tc)?sh$/;

const argumentsOf = (pid: number) => textOf(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
const runs = (pid: number, program: RegExp) => program.test(basename(argumentsOf(pid)[0] ?? ''));

function parentOf(pid: number): number | undefined {
  const parent = /^PPid:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return parent === undefined ? undefined : Number(parent);
}

function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** True if make gets to the folder `cwd` from `pwd` through one `-C` after another. */
function leadsTo(cwd: string, pwd: string, folders: readonly string[]): boolean {
  try {
    // Not path.resolve: a folder may be a link, and `..` leads out of what it names.
    const there = folders.reduce(
      (at, one) => realpathSync.native(one.startsWith('/') ? one : `${at}/${one}`),
      pwd,
    );
    return pwd.startsWith('/') && statSync(pwd).isDirectory() && there === realpathSync.native(cwd);
  } catch {
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).filter((one) => typeof one === 'string');
