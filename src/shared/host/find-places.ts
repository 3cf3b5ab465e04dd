import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
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
    const find = finders.get(file) ?? placesIn(textOf(file));
    finders.set(file, find);
    return { ...problem, ...find(path) };
  };
}

/** Returns the text of a plain file; '' for anything else, such as a link or a pipe of a stranger's tree. */
function textOf(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = fstatSync(file);
    return found.isFile() && found.size <= mostBytes ? readFileSync(file, 'utf8').replace(/^\uFEFF/, '') : '';
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
