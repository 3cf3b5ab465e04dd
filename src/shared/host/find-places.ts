import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { placesIn } from '../base/json.ts';
import type { Problem } from '../base/problems.ts';

/** Bytes of the largest file that is searched for lines. */
const mostBytes = 4 * 1024 * 1024;

/**
 * Returns a function that adds line and column to a problem that has a JSON path in a file. What checks a file sees
 * values alone; so the file is read again, and only when there is something to report.
 */
export function placeFinder(): (problem: Problem | string) => Problem | string {
  const finders = new Map<string, ReturnType<typeof placesIn>>();
  return (problem) => {
    if (typeof problem === 'string') return problem;
    const { file, path, line } = problem;
    if (file === undefined || path === undefined || line !== undefined) return problem;
    const find = finders.get(file) ?? placesIn(textToSearch(file));
    finders.set(file, find);
    return { ...problem, ...find(path) };
  };
}

/**
 * Returns the text of a plain file in which a line is looked for; '' for anything else, such as a pipe of a stranger's
 * tree, or a file that is too large.
 * @param below where a link may lead. Without it, a link is none.
 */
export function textToSearch(path: string, below?: string): string {
  try {
    const real = below === undefined ? path : realpathSync(path);
    if (below !== undefined && !real.startsWith(join(realpathSync(below), sep))) return '';
    return bytesToSearch(real)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
  } catch {
    return '';
  }
}

/** Returns the bytes of a plain file; none for anything else, or for a file that is too large. A link is none. */
export function bytesToSearch(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = fstatSync(file);
    return found.isFile() && found.size <= mostBytes ? readFileSync(file) : Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
