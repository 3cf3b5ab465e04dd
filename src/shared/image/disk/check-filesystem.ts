import { problem } from '../../base/problems.ts';
import { runShortTool } from '../../host/short-tool.ts';
import { debugfs } from './debugfs.ts';
import { type DiskManifest, filesystemFile } from './disk-manifest.ts';
import type { TreeEntry, Trees } from './trees.ts';

/** Differences in one message before the rest is counted. */
const mostShown = 10;

/**
 * Reads a new filesystem back and compares it with its tree: mke2fs and mtools may leave something out and end well.
 * @throws ProblemsError that names each path that differs
 */
export async function checkFilesystem(
  trees: Trees,
  { id, tree, format }: DiskManifest['filesystems'][number],
): Promise<void> {
  const differing =
    format === 'ext4'
      ? entryDifferences(trees.entries[tree] ?? [], await ext4Entries(trees.dir))
      : pathDifferences(
          (trees.fat[id] ?? []).map(({ path, folder }) => (folder ? `${path}/` : path)),
          await fatPaths(trees.dir),
        );
  if (differing.length === 0) return;
  const more = differing.length > mostShown ? `; ${differing.length - mostShown} more` : '';
  throw problem(
    `The filesystem of '${id}' is not its tree: ${differing.slice(0, mostShown).join('; ')}${more}`,
  );
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

function pathDifferences(tree: readonly string[], found: readonly string[]): string[] {
  // FAT does not tell case in short names.
  const [expected, there] = [tree, found].map((paths) => new Set(paths.map((path) => path.toLowerCase())));
  return [
    ...tree.filter((path) => !there?.has(path.toLowerCase())).map((path) => `/${path} is missing`),
    ...found.filter((path) => !expected?.has(path.toLowerCase())).map((path) => `/${path} is in no tree`),
  ];
}

/** Lists a FAT filesystem: `EFI/`, `EFI/boot.efi`. An empty one is not found, says mdir. */
async function fatPaths(dir: string): Promise<string[]> {
  const argv = ['/usr/bin/env', 'mdir', '-b', '-/', '-i', filesystemFile, '::'];
  const { stdout } = await runShortTool(argv, { cwd: dir, ok: [0, 1] });
  return stdout.split('\n').flatMap((line) => /^::\/(.+)$/.exec(line)?.[1] ?? []);
}

const folderBits = 0o040000;
const fileBits = 0o100000;
const linkBits = 0o120000;
const typeBits = 0o170000;

/** Lists an ext4 filesystem, one level of folders after the other. Folders are named by number, as a name may hold anything. */
async function ext4Entries(dir: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  let level = new Map([['2', '']]);
  while (level.size > 0) {
    const { output } = await debugfs(
      { dir, file: filesystemFile },
      [...level.keys()].map((inode) => `ls -p <${inode}>`),
    );
    const next = new Map<string, string>();
    for (const { folder, inode, entry } of listedEntries(output)) {
      const path = `${level.get(folder)}${entry[0]}`;
      entries.push([path, ...(entry.slice(1) as [number, number, number, number])]);
      if ((entry[1] & typeBits) === folderBits) next.set(inode, `${path}/`);
    }
    level = next;
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
