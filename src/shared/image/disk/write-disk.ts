import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { runTool, ToolError } from '../../host/process.ts';
import { runShortTool } from '../../host/short-tool.ts';
import { checkFilesystem } from './check-filesystem.ts';
import { debugfs } from './debugfs.ts';
import { type DiskManifest, filesystemFile } from './disk-manifest.ts';
import { fullPlace } from './full-disk.ts';
import type { Trees } from './trees.ts';

/**
 * Writes a disk image: a sparse file with partition table and filesystems, the same bytes for the same trees. Uses no
 * loop device and no mount.
 * @throws ProblemsError when a partition is too small for its tree
 */
export async function writeDisk(options: {
  raw: string;
  manifest: DiskManifest;
  trees: Trees;
  /** The config's path, for messages. */
  file: string;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { raw, manifest, trees } = options;
  await writeEmpty(raw, manifest.size);
  const config = join(trees.dir, 'mke2fs.conf');
  await writeFile(config, manifest.mke2fsConfig);
  const env = { ...manifest.environment, MKE2FS_CONFIG: config };
  const run = { root: true, cwd: trees.dir, env, signal: options.signal };
  await runShortTool(['/usr/bin/env', 'sfdisk', '--quiet', '--no-reread', '--no-tell-kernel', raw], {
    env,
    input: manifest.table,
  });
  const filesystemPath = join(trees.dir, filesystemFile);
  for (const [index, filesystem] of manifest.filesystems.entries()) {
    await writeEmpty(filesystemPath, filesystem.size);
    try {
      await runTool(filesystem.argv, run);
      if (filesystem.format === 'ext4') await clampInodeTimes(trees.dir, manifest.epoch, env);
      // One at a time and in order: the list alone then decides where on the disk each entry lies.
      for (const { path, folder } of trees.fat[filesystem.id] ?? []) {
        const copy = ['mcopy', '-i', filesystemFile, '-m', `${filesystem.tree}/${path}`];
        await runTool([...(folder ? ['mmd', '-i', filesystemFile] : copy), `::/${path}`], run);
      }
      await checkFilesystem(trees, filesystem);
    } catch (error) {
      if (!(error instanceof ToolError) || fullPlace(error.stderr) !== 'partition') throw error;
      throw problem(`The partition is too small (${filesystem.size / 1024 / 1024} MiB) for its content`, {
        file: options.file,
        path: `$.Disks[0].Partitions[${index}]`,
        hint: 'Raise End, and MaxSize with it.',
      });
    }
    await copyInto(raw, filesystem.offset, filesystemPath);
    await rm(filesystemPath);
  }
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

/**
 * Sets access, change and creation time of every used inode to the epoch: mke2fs copies those of the source file, which
 * cannot be set.
 */
async function clampInodeTimes(dir: string, epoch: number, env: Record<string, string>): Promise<void> {
  const dump = await runShortTool(['/usr/bin/env', 'dumpe2fs', filesystemFile], { cwd: dir, env });
  const times = ['atime', 'ctime', 'crtime'].flatMap((time) => [`${time} @${epoch}`, `${time}_extra 0`]);
  const commands = usedInodes(dump.stdout).flatMap((inode) => times.map((time) => `sif <${inode}> ${time}`));
  const { complaints } = await debugfs({ dir, file: filesystemFile }, commands, { write: true, env });
  if (complaints.length > 0) throw new Error(`the times of inodes cannot be set: ${complaints.at(-1)}`);
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
