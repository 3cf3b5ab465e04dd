import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problem } from '../base/problems.ts';
import { isAbsent } from '../host/files.ts';
import type { Spec } from '../model/spec.ts';
import { specFile } from '../specs/find.ts';

/** Folders in one another. The parse refuses a spec with more. */
const mostDeep = 16;

/**
 * Finds what lies in the folder of a spec and in its subfolders, by base name. What lies in the fewest folders counts, so
 * what lies beside the spec wins. Links to folders are not followed. Beside a spec at the top of the tree, subfolders are
 * other packages'.
 * @returns the paths of each name: several if it lies in equally many folders more than once
 * @throws ProblemsError for a folder that cannot be read
 */
export async function filesOfSpec(
  spec: Pick<Spec, 'specsDir' | 'path'>,
): Promise<ReadonlyMap<string, string[]>> {
  const found = new Map<string, string[]>();
  let folders = [dirname(specFile(spec))];
  const isOwnFolder = spec.path.includes('/');
  for (let deep = 0; folders.length > 0 && deep <= mostDeep; deep += 1) {
    const level = new Map<string, string[]>();
    const below: string[] = [];
    for (const folder of folders) {
      for (const entry of await entriesOf(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) below.push(path);
        if (!entry.isDirectory() || deep === 0)
          level.set(entry.name, [...(level.get(entry.name) ?? []), path]);
      }
    }
    for (const [name, paths] of level) if (!found.has(name)) found.set(name, paths);
    folders = isOwnFolder ? below : [];
  }
  return found;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isAbsent(error)) return [];
    const message = `this folder cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw problem(message, { file: folder, hint: 'Run `chmod -R u+rX` on the folder of specs.' });
  }
}
