import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { shellWord } from '../../base/shell-word.ts';
import { ToolError } from '../../host/process.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { differenceProblem, entryDifferences, ext4Entries, fatDifferences } from './check-filesystem.ts';
import { debugfs } from './debugfs.ts';
import { type DiskManifest, inner } from './disk-manifest.ts';
import { fullPlace } from './full-disk.ts';
import type { Trees } from './trees.ts';

export interface DiskOptions {
  /** The image to write. */
  raw: string;
  manifest: DiskManifest;
  /** Nothing here opens them: tools see them read-only, in sandboxes. */
  trees: Trees;
  /** A folder for the files of tools, to which no stranger's code could ever write. */
  workDir: string;
  /** The config's path, for messages. */
  file: string;
  signal?: AbortSignal | undefined;
}

type Filesystem = DiskManifest['filesystems'][number];

/**
 * Writes a disk image: a sparse file with partition table and filesystems, the same bytes for the same trees. Uses no
 * loop device and no mount. Each tool has one file that it can write to.
 * @throws ProblemsError when a partition is too small for its tree
 */
export async function writeDisk(options: DiskOptions): Promise<void> {
  const { raw, manifest, workDir } = options;
  await mkdir(workDir, { recursive: true });
  await writeEmpty(raw, manifest.size);
  await writeFile(join(workDir, 'mke2fs.conf'), manifest.mke2fsConfig);
  const table = join(workDir, 'table');
  await writeFile(table, manifest.table);
  const partition = `exec sfdisk --quiet --no-reread --no-tell-kernel ${inner.raw} <${inner.table}`;
  await inSandbox(['sh', '-c', partition], options, [
    { source: raw, target: inner.raw, writable: true },
    { source: table, target: inner.table },
  ]);
  const path = join(workDir, 'filesystem');
  for (const [index, filesystem] of manifest.filesystems.entries()) {
    await writeEmpty(path, filesystem.size);
    try {
      const differing = await (filesystem.format === 'ext4' ? writeExt4 : writeFat)(
        filesystem,
        path,
        options,
      );
      const different = differenceProblem(filesystem.id, differing);
      if (different !== undefined) throw different;
    } catch (error) {
      if (!(error instanceof ToolError) || fullPlace(error.stderr) !== 'partition') throw error;
      throw problem(`The partition is too small (${filesystem.size / 1024 / 1024} MiB) for its content`, {
        file: options.file,
        path: `$.Disks[0].Partitions[${index}]`,
        hint: 'Raise End, and MaxSize with it.',
      });
    }
    await copyInto(raw, filesystem.offset, path);
    await rm(path);
  }
}

async function inSandbox(
  argv: readonly string[],
  { manifest, signal }: DiskOptions,
  binds: readonly Bind[],
): Promise<string> {
  const env = manifest.environment;
  return (await runHostTool(argv, { as: 'root', env, binds, signal })).stdout;
}

function filesystemBinds(path: string, { trees }: DiskOptions): Bind[] {
  return [
    { source: trees.dir, target: inner.trees },
    { source: path, target: inner.filesystem, writable: true },
  ];
}

/**
 * Makes an ext4 filesystem of its tree in the file `path`. Returns where it differs from it. Access, change and creation
 * time of every inode become the epoch: mke2fs copies those of the source file, which cannot be set.
 */
async function writeExt4({ argv, tree }: Filesystem, path: string, options: DiskOptions): Promise<string[]> {
  const { manifest, trees, workDir } = options;
  const config: Bind = { source: join(workDir, 'mke2fs.conf'), target: inner.mke2fsConfig };
  const make = `"$@" && exec dumpe2fs ${inner.filesystem}`;
  const dump = await inSandbox(['sh', '-c', make, 'azl', ...argv], options, [
    ...filesystemBinds(path, options),
    config,
  ]);
  const inodes = usedInodes(dump);
  const { epoch, environment: env } = manifest;
  const times = ['atime', 'ctime', 'crtime'].flatMap((time) => [`${time} @${epoch}`, `${time}_extra 0`]);
  const commands = inodes.flatMap((inode) => times.map((time) => `sif <${inode}> ${time}`));
  // Of what is no folder debugfs says so.
  const lists = inodes.map((inode) => `ls -p <${inode}>`);
  const { output, complaints } = await debugfs({ path }, [...commands, ...lists], { write: true, env });
  const complaint = complaints.find((one) => !one.includes('not a directory'));
  if (complaint !== undefined) throw new Error(`the times of inodes cannot be set: ${complaint}`);
  return entryDifferences(trees.entries[tree] ?? [], ext4Entries(output));
}

/** Makes a FAT filesystem of its tree in the file `path`. Returns where it differs from it. */
async function writeFat(
  { id, argv, tree }: Filesystem,
  path: string,
  options: DiskOptions,
): Promise<string[]> {
  const { trees, workDir } = options;
  const entries = trees.fat[id] ?? [];
  // One at a time and in order: the list alone then decides where on the disk each entry lies.
  const copies = entries.map((entry) =>
    entry.folder
      ? ['mmd', '-i', inner.filesystem, `::/${entry.path}`]
      : ['mcopy', '-i', inner.filesystem, '-m', `${inner.trees}/${tree}/${entry.path}`, `::/${entry.path}`],
  );
  // An empty filesystem is not found, says mdir, and ends with 1.
  const list = `mdir -b -/ -i ${inner.filesystem} :: || [ $? = 1 ]`;
  const lines = [argv, ...copies].map((one) => one.map(shellWord).join(' '));
  const script = join(workDir, 'script');
  await writeFile(script, `${['set -e', `{ ${lines[0]}; } >&2`, ...lines.slice(1), list].join('\n')}\n`);
  const listing = await inSandbox(['sh', inner.script], options, [
    ...filesystemBinds(path, options),
    { source: script, target: inner.script },
  ]);
  return fatDifferences(entries, listing);
}

async function writeEmpty(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(size);
  await file.close();
}

/** Copies the blocks of `from` that are not zero to `offset` in `raw`, which is zero there. */
async function copyInto(raw: string, offset: number, from: string): Promise<void> {
  const target = await open(raw, 'r+');
  const source = await open(from, 'r');
  try {
    const chunk = Buffer.alloc(1024 * 1024);
    const zero = Buffer.alloc(chunk.length);
    for (let at = 0; ; ) {
      const { bytesRead } = await source.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      if (!chunk.subarray(0, bytesRead).equals(zero.subarray(0, bytesRead)))
        await target.write(chunk, 0, bytesRead, offset + at);
      at += bytesRead;
    }
  } finally {
    await source.close();
    await target.close();
  }
}

/** Returns the inodes that dumpe2fs does not list as free: the root (2) and those from 11 on. Pure. */
export function usedInodes(dump: string): number[] {
  const count = Number(/^Inode count:\s+(\d+)/m.exec(dump)?.[1] ?? 0);
  const free = new Set<number>();
  for (const [, list = ''] of dump.matchAll(/^ {2}Free inodes: (.*)$/gm)) {
    const ranges = list.split(',').map((one) => one.trim());
    for (const range of ranges.filter(Boolean)) {
      const [first, last] = range.split('-').map(Number) as [number, number | undefined];
      for (let inode = first; inode <= (last ?? first); inode++) free.add(inode);
    }
  }
  const used = [2];
  for (let inode = 11; inode <= count; inode++) if (!free.has(inode)) used.push(inode);
  return used;
}
