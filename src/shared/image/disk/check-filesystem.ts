import { type ProblemsError, problem } from '../../base/problems.ts';
import type { FatEntry, TreeEntry } from './trees.ts';

/** Differences in one message before the rest is counted. */
const mostShown = 10;

/**
 * Returns the problem of a new filesystem that is not its tree: mke2fs and mtools may leave something out and end well.
 * It names each path that differs. Undefined if there is none. Pure.
 */
export function differenceProblem(id: string, differing: readonly string[]): ProblemsError | undefined {
  if (differing.length === 0) return undefined;
  const more = differing.length > mostShown ? `; ${differing.length - mostShown} more` : '';
  const shown = differing.slice(0, mostShown).join('; ');
  return problem(`The filesystem of '${id}' is not its tree: ${shown}${more}`);
}

/** Returns where a filesystem differs from its tree, in words. The filesystem's own `lost+found` is none. Pure. */
export function entryDifferences(tree: readonly TreeEntry[], found: readonly TreeEntry[]): string[] {
  const expected = new Map(tree.map((entry) => [entry[0], entry]));
  const there = new Map(found.map((entry) => [entry[0], entry]));
  const shown = ([, mode, uid, gid, size]: TreeEntry) => `${mode.toString(8)} ${uid}:${gid} ${size} bytes`;
  return [
    ...tree.flatMap((entry) => {
      const other = there.get(entry[0]);
      if (other === undefined) return [`/${entry[0]} is missing`];
      return shown(other) === shown(entry) ? [] : [`/${entry[0]} is ${shown(other)}, not ${shown(entry)}`];
    }),
    ...found
      .filter(([path]) => !expected.has(path) && path !== 'lost+found')
      .map(([path]) => `/${path} is in no tree`),
  ];
}

/** Returns where a FAT filesystem differs from its tree. `listing`: the output of `mdir -b -/`: `::/EFI/`. Pure. */
export function fatDifferences(tree: readonly FatEntry[], listing: string): string[] {
  const found = listing.split('\n').flatMap((line) => /^::\/(.+)$/.exec(line)?.[1] ?? []);
  const paths = tree.map(({ path, folder }) => (folder ? `${path}/` : path));
  // FAT does not tell case in short names.
  const [expected, there] = [paths, found].map((all) => new Set(all.map((path) => path.toLowerCase())));
  return [
    ...paths.filter((path) => !there?.has(path.toLowerCase())).map((path) => `/${path} is missing`),
    ...found.filter((path) => !expected?.has(path.toLowerCase())).map((path) => `/${path} is in no tree`),
  ];
}

const folderBits = 0o040000;
const fileBits = 0o100000;
const linkBits = 0o120000;
const typeBits = 0o170000;

/** Returns what an ext4 filesystem holds, by the output of `ls -p` for each folder's inode. Pure. */
export function ext4Entries(output: string): TreeEntry[] {
  const folders = new Map<string, ReturnType<typeof listedEntries>>();
  for (const one of listedEntries(output)) folders.set(one.folder, [...(folders.get(one.folder) ?? []), one]);
  const entries: TreeEntry[] = [];
  const left: [inode: string, path: string][] = [['2', '']];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [folder, above] = next;
    const inside = folders.get(folder) ?? [];
    // A damaged filesystem may name a folder twice: that is no way to go round for ever.
    folders.delete(folder);
    for (const { inode, entry } of inside) {
      const path = `${above}${entry[0]}`;
      entries.push([path, ...(entry.slice(1) as [number, number, number, number])]);
      if ((entry[1] & typeBits) === folderBits) left.push([inode, `${path}/`]);
    }
  }
  return entries;
}

/** Reads the output of `ls -p`: `/<inode>/<mode>/<uid>/<gid>/<name>/<size>/`; `.` comes first in each folder. Pure. */
export function listedEntries(output: string): { folder: string; inode: string; entry: TreeEntry }[] {
  let folder = '';
  return [...output.matchAll(/^\/(\d+)\/(\d+)\/(\d+)\/(\d+)\/([^/]*)\/(\d*)\/$/gm)].flatMap((match) => {
    const [, inode = '', mode = '', uid, gid, name = '', size] = match;
    if (name === '.') folder = inode;
    // Blocks of a folder that nothing uses have entries without a name.
    if (['', '.', '..'].includes(name)) return [];
    const bits = Number.parseInt(mode, 8);
    const hasSize = [fileBits, linkBits].includes(bits & typeBits);
    const entry: TreeEntry = [name, bits, Number(uid), Number(gid), hasSize ? Number(size) : 0];
    return [{ folder, inode, entry }];
  });
}
