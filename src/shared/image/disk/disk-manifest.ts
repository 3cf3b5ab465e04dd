import { readFileSync } from 'node:fs';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { plainEnvironment } from '../../host/process.ts';
import { fixedUuid } from './identity.ts';
import { type Layout, type Partition, sfdiskScript, treeOf } from './layout.ts';

const mke2fsConfig = readFileSync(new URL('./mke2fs.conf', import.meta.url), 'utf8');

/** The paths that the tools see which write a disk. They see nothing else of the host but its programs. */
export const inner = {
  /** The folder of the trees, read-only. */
  trees: '/azl/trees',
  /** The file that holds a new filesystem until it is copied into the raw image. */
  filesystem: '/azl/filesystem',
  /** The raw image, for its partition table. */
  raw: '/azl/raw',
  table: '/azl/table',
  mke2fsConfig: '/azl/mke2fs.conf',
  /** The commands for a FAT filesystem. */
  script: '/azl/script',
} as const;

/** The disk that is to be written from the trees of an image, as plain data. */
export type DiskManifest = ReturnType<typeof diskManifest>;

/** Builds the disk's part of an image manifest. Sizes and offsets are bytes. Pure. */
export function diskManifest(layout: Layout, seed: string) {
  return {
    size: layout.size,
    /** The partition table as input of sfdisk. */
    table: sfdiskScript(layout),
    /** The environment of all tools. */
    environment: {
      ...plainEnvironment,
      SOURCE_DATE_EPOCH: String(sourceDateEpoch),
      E2FSPROGS_FAKE_TIME: String(sourceDateEpoch),
      MTOOLS_SKIP_CHECK: '1',
      MKE2FS_CONFIG: inner.mke2fsConfig,
    },
    mke2fsConfig,
    /** Seconds since 1970. Replaces the times that mke2fs takes from the host. */
    epoch: sourceDateEpoch,
    filesystems: layout.partitions.map((partition) => {
      const { id, offset, size, format } = partition;
      // Makes it, empty if it is FAT. An ext4 filesystem gets its tree at once.
      const argv = format === 'ext4' ? mke2fsArguments(partition, seed) : mkfsFatArguments(partition);
      return { id, offset, size, format, tree: treeOf(partition), argv };
    }),
  };
}

function mke2fsArguments(partition: Partition, seed: string): string[] {
  const hashSeed = fixedUuid(seed, `hash ${partition.id}`);
  const extended = `hash_seed=${hashSeed},lazy_itable_init=0,lazy_journal_init=0,nodiscard`;
  return [
    ...['mke2fs', '-q', '-F', '-t', 'ext4', '-U', partition.fsUuid, '-m', '1', '-E', extended],
    ...(partition.label === '' ? [] : ['-L', partition.label.slice(0, 16)]),
    ...['-d', `${inner.trees}/${treeOf(partition)}`, inner.filesystem, `${partition.size / 1024}k`],
  ];
}

/** FAT32 needs 65,525 clusters; mkfs.vfat chooses the kind of a smaller filesystem. */
function mkfsFatArguments(partition: Partition): string[] {
  const fat32 = partition.size >= 34 * 1024 * 1024;
  return [
    ...['mkfs.vfat', '--invariant', '-i', partition.fsUuid.replace('-', ''), ...(fat32 ? ['-F', '32'] : [])],
    ...(partition.label === '' ? [] : ['-n', partition.label.slice(0, 11).toUpperCase()]),
    ...['-h', String(partition.offset / 512), inner.filesystem],
  ];
}
