import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { failOnProblems, type Problem, problem } from '../../../src/shared/base/problems.ts';
import type { RepositoryFiles } from './repository-files.ts';

/**
 * Writes the files that do not exist below `dir`. Nothing that exists is opened, and no link out of `dir` is followed.
 * @returns the paths that were written, and those where something was already
 * @throws ProblemsError, before anything is written, if a folder cannot be used
 */
export function writeNew(dir: string, files: RepositoryFiles): { written: string[]; left: string[] } {
  failOnProblems(folderProblems(dir, [...files.keys()]));
  const written: string[] = [];
  const left: string[] = [];
  for (const [path, text] of files) {
    mkdirSync(join(dir, dirname(path)), { recursive: true });
    (writeOne(join(dir, path), path, text) ? written : left).push(path);
  }
  return { written, left };
}

/** Returns the problem of each folder that cannot be used. One inside of such a folder is not reported. */
function folderProblems(dir: string, paths: readonly string[]): Problem[] {
  const problems = new Map<string, Problem>();
  for (const folder of new Set(paths.flatMap(foldersOf))) {
    if (foldersOf(folder).some((above) => problems.has(above))) continue;
    const found = folderProblem(dir, folder);
    if (found !== undefined) problems.set(folder, found);
  }
  return [...problems.values()];
}

/** The folders above a relative path, the outermost first. */
function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [...foldersOf(folder), folder];
}

function folderProblem(dir: string, folder: string): Problem | undefined {
  const found = lstatSync(join(dir, folder), { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return undefined;
  const message = 'A folder is needed here, and this is none';
  if (!found.isSymbolicLink()) return { file: folder, message, hint: 'Move it away.' };
  if (statSync(join(dir, folder), { throwIfNoEntry: false })?.isDirectory() !== true)
    return { file: folder, message, hint: 'Remove this symbolic link.' };
  if (realpathSync(join(dir, folder)).startsWith(`${realpathSync(dir)}/`)) return undefined;
  return {
    file: folder,
    message: 'This symbolic link leads out of the folder, and nothing is written there',
    hint: 'Replace it by a folder.',
  };
}

/** @returns false if something was there already */
function writeOne(file: string, shown: string, text: string): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644);
    writeFileSync(descriptor, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    if (descriptor !== undefined) unlinkSync(file);
    throw problem(`cannot be written: ${(error as Error).message}`, { file: shown });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
