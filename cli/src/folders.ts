import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Problem, problem } from '../../src/shared/base/problems.ts';
import { reasonAgainstPlace } from './misplaced-folders.ts';
import { folderVariables, type Paths } from './paths.ts';
import { tempDirPrefix } from './runner.ts';

const { R_OK, W_OK, X_OK } = constants;

/** The name of the file that marks a folder as made by azl. No other folder is ever removed. */
export const marker = '.made-by-azl';

const folders = Object.keys(folderVariables) as (keyof typeof folderVariables)[];

/** True for a folder that azl may remove: below the checkout's `build` or `out`, or marked. */
export function isOwn(dir: string, checkout: string): boolean {
  const path = resolve(dir);
  const usual = ['build', 'out'].map((name) => join(resolve(checkout), name));
  return usual.some((one) => isIn(path, one)) || existsSync(join(path, marker));
}

/**
 * Makes and marks the folders of a run, so that `clean` may remove them. A folder that is not empty is not marked: it
 * is the user's. @throws ProblemsError naming the variable of a folder that cannot be made
 */
export function makeFolders(paths: Paths): void {
  for (const folder of folders) {
    const dir = paths[folder];
    try {
      if (existsSync(dir) && readdirSync(dir).length > 0) continue;
      mkdirSync(dir, { recursive: true });
      const content = 'azl made this folder. `make clean` removes it and everything in it.\n';
      writeFileSync(join(dir, marker), content);
    } catch (error) {
      const name = folderVariables[folder];
      throw problem(`${name} is '${dir}', which cannot be made (${codeOf(error)})`, { hint: hintOf(name) });
    }
  }
}

interface FolderChecks {
  /** True if the run writes to the folders: then a write is tried and undone. */
  writes: boolean;
  checkout: string;
  /** The folders of specs. */
  specsDirs: readonly string[];
}

/**
 * Returns a problem for each folder of a run that cannot be used, with the variable that names it. A folder inside
 * one with a problem is not reported.
 */
export function folderProblems(paths: Paths, { writes, checkout, specsDirs }: FolderChecks): Problem[] {
  const problems: Problem[] = [];
  const unusable: string[] = [];
  for (const folder of [...folders, 'toolchain'] as const) {
    const path = resolve(paths[folder]);
    if (unusable.some((other) => isIn(path, other))) continue;
    // An existing toolchain may be read-only.
    const isOther = folder === 'toolchain';
    const misplaced = writes && !isOther ? reasonAgainstPlace(path, specsDirs) : undefined;
    const reason = misplaced ?? reasonAgainst(path, writes && !(isOther && existsSync(path)), checkout);
    if (reason === undefined) continue;
    const name = isOther ? 'TOOLCHAIN_DIR' : folderVariables[folder];
    unusable.push(path);
    const hint =
      misplaced === undefined ? hintOf(name) : `Leave it out, or name a folder of its own: ${name}=<folder>.`;
    problems.push({ message: `${name} is '${paths[folder]}', which ${reason}`, hint });
  }
  return problems;
}

/** The folders of a run that azl made, and the folders directly in them, that this user may not write. */
export function foreignFolders(paths: Paths, checkout: string): string[] {
  const found: string[] = [];
  for (const dir of folders.map((folder) => paths[folder])) {
    if (!existsSync(dir) || !isOwn(dir, checkout)) continue;
    const entries = mayAccess(dir, R_OK | X_OK) ? readdirSync(dir, { withFileTypes: true }) : [];
    const children = entries
      .filter((entry) => entry.isDirectory() && !isOfOthers(entry.name))
      .map((entry) => join(dir, entry.name))
      .sort();
    for (const path of [dir, ...children])
      if (!mayAccess(path, W_OK | X_OK) && !found.some((other) => isIn(path, other))) found.push(path);
  }
  return found;
}

/** True for temporary folders of killed runs, which the next run removes, and for `lost+found`. */
const isOfOthers = (name: string) => name.startsWith(tempDirPrefix) || name === 'lost+found';

const hintOf = (name: string) => `Name a folder that you may write: ${name}=<folder>.`;
const isIn = (path: string, dir: string) => path === dir || path.startsWith(`${dir}/`);

/**
 * Returns why a folder cannot be used, as a clause after `which`. A full disk, and a folder of azl that belongs to
 * another user, are left to the checks of the machine.
 */
function reasonAgainst(path: string, writes: boolean, checkout: string): string | undefined {
  let at = path;
  for (; ; at = dirname(at)) {
    try {
      if (statSync(at).isDirectory()) break;
      return at === path ? 'is not a folder' : `cannot be made: '${at}' is not a folder`;
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return `cannot be read (${code})`;
      if (isLink(at)) return `cannot be made: the symbolic link '${at}' leads nowhere`;
    }
  }
  const code = writes ? writeErrorIn(at) : undefined;
  if (code === undefined || code === 'ENOSPC' || (code === 'EACCES' && isOwn(at, checkout))) return undefined;
  const reason = reasons[code] ?? `cannot be written to (${code})`;
  if (at === path) return reason;
  const where = reason === reasons['EACCES'] ? `${reason} in '${at}'` : `'${at}' ${reason}`;
  return `cannot be made: ${where}`;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you may not write',
  EPERM: 'you may not write',
  EROFS: 'is on a read-only file system',
};

/**
 * Makes a folder in `dir` and removes it again. Permissions alone do not tell if that works, and in /proc Node's
 * recursive `mkdir` never returns.
 * @returns the error code, or undefined
 */
function writeErrorIn(dir: string): string | undefined {
  try {
    rmdirSync(mkdtempSync(join(dir, '.azl-')));
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** True if this user has the access `mode` to a path, of `fs.constants`. */
export function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
