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
import { folderVariables, type Paths } from './paths.ts';
import { temporary } from './runner.ts';

/** Lies in every folder that azl made: only such a folder is ever removed. */
export const mark = '.made-by-azl';

const folders = Object.keys(folderVariables) as (keyof typeof folderVariables)[];

/** True for a folder that azl made: below the checkout's `build` or `out`, or marked. */
export function isOwn(dir: string, checkout: string): boolean {
  const path = resolve(dir);
  const usual = ['build', 'out'].map((name) => join(resolve(checkout), name));
  return usual.some((one) => isIn(path, one)) || existsSync(join(path, mark));
}

/**
 * Makes the folders of a run, so that `clean` may remove them again. One that was there before, with something in it,
 * stays the user's. @throws ProblemsError naming the variable of one that cannot be made
 */
export function makeFolders(places: Paths): void {
  for (const folder of folders) {
    const dir = places[folder];
    try {
      if (existsSync(dir) && readdirSync(dir).length > 0) continue;
      mkdirSync(dir, { recursive: true });
      writeFileSync(
        join(dir, mark),
        'azl made this folder; `make clean` removes it with all that is in it.\n',
      );
    } catch (error) {
      throw problem(`${folderVariables[folder]} is '${dir}', which cannot be made (${codeOf(error)})`, {
        hint: hintOf(folderVariables[folder]),
      });
    }
  }
}

/**
 * What keeps the folders of a run from being used, by the variable that names each. One in another that is at fault
 * has nothing to add.
 * @param works false: only what is no folder counts, nothing will be written. Otherwise it is tried, nothing stays.
 */
export function folderProblems(places: Paths, works: boolean, checkout: string): Problem[] {
  const problems: Problem[] = [];
  const faulty: string[] = [];
  for (const folder of [...folders, 'toolchain'] as const) {
    const path = resolve(places[folder]);
    if (faulty.some((other) => isIn(path, other))) continue;
    // A toolchain that is there may be one that nobody writes any more.
    const fault = faultOf(path, works && !(folder === 'toolchain' && existsSync(path)), checkout);
    if (fault === undefined) continue;
    const name = folder === 'toolchain' ? 'TOOLCHAIN_DIR' : folderVariables[folder];
    faulty.push(path);
    problems.push({ message: `${name} is '${places[folder]}', which ${fault}`, hint: hintOf(name) });
  }
  return problems;
}

/** Of azl's own folders of a run, and the folders directly in them, those that this user may not write. */
export function foreignFolders(places: Paths, checkout: string): string[] {
  const found: string[] = [];
  for (const dir of folders.map((folder) => places[folder])) {
    if (!existsSync(dir) || !isOwn(dir, checkout)) continue;
    const inside = mayRead(dir)
      ? readdirSync(dir, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && !notOurs(entry.name))
          .map((entry) => join(dir, entry.name))
          .sort()
      : [];
    for (const path of [dir, ...inside]) {
      if (!mayWrite(path) && !found.some((other) => isIn(path, other))) found.push(path);
    }
  }
  return found;
}

/** What a killed run left for its time only, which the next one removes, and the folder that a file system has. */
const notOurs = (name: string) => name.startsWith(temporary) || name === 'lost+found';

const hintOf = (name: string) => `Name a folder that you may write: ${name}=<folder>.`;
const isIn = (path: string, dir: string) => path === dir || path.startsWith(`${dir}/`);

/** Goes on behind `which`. A folder of azl's own that another user left, and a full disk, are the doctor's to tell. */
function faultOf(path: string, works: boolean, checkout: string): string | undefined {
  let at = path;
  for (; ; at = dirname(at)) {
    try {
      if (statSync(at).isDirectory()) break;
      return at === path ? 'is no folder' : `cannot be made: '${at}' is no folder`;
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return `cannot be looked into (${code})`;
      if (isLink(at)) return `cannot be made: the symbolic link '${at}' leads nowhere`;
    }
  }
  const code = works ? trialIn(at) : undefined;
  if (code === undefined || code === 'ENOSPC' || (code === 'EACCES' && isOwn(at, checkout))) return undefined;
  return at === path ? (words[code] ?? `takes no file (${code})`) : `cannot be made: ${inside(at, code)}`;
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'you may not write',
  EPERM: 'you may not write',
  EROFS: 'is on a read-only file system',
};

function inside(dir: string, code: string): string {
  if (code === 'EACCES' || code === 'EPERM') return `you may not write in '${dir}'`;
  return `'${dir}' ${words[code] ?? `takes no folder (${code})`}`;
}

/**
 * Makes a folder in `dir`, and removes it. Answers why that failed: what the rights say is not all that counts, and
 * where none can be made, as in /proc, Node's recursive `mkdir` tries for ever.
 */
function trialIn(dir: string): string | undefined {
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

const mayRead = (path: string) => may(path, constants.R_OK | constants.X_OK);
const mayWrite = (path: string) => may(path, constants.W_OK | constants.X_OK);

function may(path: string, mode: number): boolean {
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
