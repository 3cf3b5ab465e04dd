import { readFileSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sourceDateEpoch } from '../buildroot/recipe.ts';
import { briefTool } from '../host/brief.ts';
import { plainEnvironment, runTool, ToolError } from '../host/process.ts';
import { problem } from '../problems.ts';
import { fixedUuid } from './identity.ts';
import { type Layout, type Partition, sfdiskScript } from './layout.ts';
import type { FatEntry, Trees } from './root.ts';

export const mke2fsConfig = readFileSync(new URL('./mke2fs.conf', import.meta.url), 'utf8');

/** All tools take the epoch for the present. */
const diskEnvironment = {
  ...plainEnvironment,
  SOURCE_DATE_EPOCH: String(sourceDateEpoch),
  E2FSPROGS_FAKE_TIME: String(sourceDateEpoch),
  MTOOLS_SKIP_CHECK: '1',
};

/** Arguments of mke2fs for a partition of `raw` that shall hold `folder`. Pure. */
export function mke2fsArguments(raw: string, partition: Partition, folder: string, seed: string): string[] {
  const extended = [
    `offset=${partition.offset}`,
    `hash_seed=${fixedUuid(seed, `hash ${partition.id}`)}`,
    'lazy_itable_init=0',
    'lazy_journal_init=0',
    'nodiscard',
  ];
  return [
    ...['mke2fs', '-q', '-F', '-t', 'ext4', '-U', partition.fsUuid, '-m', '1', '-E', extended.join(',')],
    ...(partition.label === '' ? [] : ['-L', partition.label.slice(0, 16)]),
    ...['-d', folder, raw, `${partition.size / 1024}k`],
  ];
}

/** Arguments of mkfs.vfat for a file of the partition's size. FAT32 needs 65,525 clusters: smaller ones take what fits. Pure. */
export function mkfsFatArguments(file: string, partition: Partition): string[] {
  const fat32 = partition.size >= 34 * 1024 * 1024;
  return [
    ...['mkfs.vfat', '--invariant', '-i', partition.fsUuid.replace('-', ''), ...(fat32 ? ['-F', '32'] : [])],
    ...(partition.label === '' ? [] : ['-n', partition.label.slice(0, 11).toUpperCase()]),
    ...['-h', String(partition.offset / 512), file],
  ];
}

/**
 * Writes a disk image: a sparse file of ours with table and filesystems, the same bytes for the same trees. Needs no
 * loop device and mounts nothing.
 * @throws ProblemsError when a partition is too small for what it shall hold.
 */
export async function writeDisk(options: {
  raw: string;
  layout: Layout;
  trees: Trees;
  seed: string;
  /** The config's path, for messages. */
  file: string;
  signal?: AbortSignal;
}): Promise<void> {
  const { raw, layout, trees } = options;
  await writeEmpty(raw, layout.size);
  const config = join(dirname(raw), 'mke2fs.conf');
  await writeFile(config, mke2fsConfig);
  const env = { ...diskEnvironment, MKE2FS_CONFIG: config };
  const run = { root: true, env, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  await briefTool(['/usr/bin/env', 'sfdisk', '--quiet', '--no-reread', '--no-tell-kernel', raw], {
    env,
    input: sfdiskScript(layout),
  });
  for (const [index, partition] of layout.partitions.entries()) {
    const folder = trees.folders[partition.id] as string;
    try {
      if (partition.format === 'ext4') {
        await runTool(mke2fsArguments(raw, partition, folder, options.seed), run);
        await settleInodes(raw, partition, env);
      } else {
        const fat = `${raw}.fat`;
        await writeEmpty(fat, partition.size);
        await runTool(mkfsFatArguments(fat, partition), run);
        await fillFat(fat, folder, trees.fat[partition.id] ?? [], run);
        await copyInto(raw, partition.offset, fat);
        await rm(fat);
      }
    } catch (error) {
      if (
        !(error instanceof ToolError) ||
        !/no (free )?space|disk full|could not allocate/i.test(error.stderr)
      )
        throw error;
      throw problem(
        `The partition is too small (${partition.size / 1024 / 1024} MiB) for what it shall hold`,
        {
          file: options.file,
          path: `$.Disks[0].Partitions[${index}]`,
          mend: 'Raise End, and MaxSize with it.',
        },
      );
    }
  }
}

async function writeEmpty(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(size);
  await file.close();
}

async function fillFat(
  fat: string,
  folder: string,
  entries: readonly FatEntry[],
  run: Parameters<typeof runTool>[1],
): Promise<void> {
  // One at a time and in order: what lies where follows from the list alone.
  for (const { path, folder: isFolder } of entries) {
    if (isFolder) await runTool(['mmd', '-i', fat, `::/${path}`], run);
    else await runTool(['mcopy', '-i', fat, '-m', join(folder, path), `::/${path}`], run);
  }
}

/** Copies what is not zero of `from` to `offset` in `raw`, where all is zero. */
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
 * Gives every inode that is in use the epoch as access, change and creation time: mke2fs copies those of the source,
 * which nobody can set.
 */
async function settleInodes(raw: string, partition: Partition, env: Record<string, string>): Promise<void> {
  const device = `${raw}?offset=${partition.offset}`;
  const { stdout } = await briefTool(['/usr/bin/env', 'dumpe2fs', device], { env });
  const time = `@${sourceDateEpoch}`;
  const commands = usedInodes(stdout).flatMap((inode) =>
    ['atime', 'ctime', 'crtime'].flatMap((field) => [
      `sif <${inode}> ${field} ${time}`,
      `sif <${inode}> ${field}_extra 0`,
    ]),
  );
  await briefTool(['/usr/bin/env', 'debugfs', '-w', '-f', '-', device], {
    env,
    input: `${commands.join('\n')}\n`,
  });
}

/** The inodes that dumpe2fs does not list as free: the root (2) and those from 11 on. Pure. */
export function usedInodes(dump: string): number[] {
  const count = Number(/^Inode count:\s+(\d+)/m.exec(dump)?.[1] ?? 0);
  const free = new Set<number>();
  for (const [, list] of dump.matchAll(/^ {2}Free inodes: (.*)$/gm)) {
    for (const range of (list ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean)) {
      const [first, last] = range.split('-').map(Number) as [number, number | undefined];
      for (let inode = first; inode <= (last ?? first); inode++) free.add(inode);
    }
  }
  const used = [2];
  for (let inode = 11; inode <= count; inode++) if (!free.has(inode)) used.push(inode);
  return used;
}
