import { describe, expect, it } from 'vitest';
import { problem } from '../../../src/shared/base/problems.ts';
import { ToolError } from '../../../src/shared/host/process.ts';
import { fullPlace, orFullDisk } from '../../../src/shared/image/disk/full-disk.ts';
import { TransactionError } from '../../../src/shared/sandbox/transaction.ts';

/** What the tools of Debian 12 said when they were tried on a full tmpfs, and on filesystems too small for a tree. */
const recorded: [tool: string, said: string, place: 'host' | 'partition' | undefined][] = [
  [
    'mke2fs',
    'big: No space left on device while looking up "big"\nmke2fs: No space left on device while populating file system',
    'host',
  ],
  [
    'mcopy',
    'plain_io: No space left on device\nbuffer_flush: short write\nwrite in copy: Invalid argument\nerror in fat_write: No space left on device',
    'host',
  ],
  ['mkfs.vfat', 'mkfs.vfat: failed whilst writing reserved sector', 'host'],
  ['cp', "cp: error writing 'x': No space left on device", 'host'],
  [
    'qemu-img',
    'qemu-img: y.qcow2: error while converting qcow2: Could not write qcow2 header: No space left on device',
    'host',
  ],
  ['rpm', 'installing package a-1-1.noarch needs 5MB more space on the / filesystem', 'host'],
  [
    'mke2fs',
    '__populate_fs: Could not allocate block in ext2 filesystem while writing file "big"\nmke2fs: Could not allocate block in ext2 filesystem while populating file system',
    'partition',
  ],
  [
    'mke2fs',
    '\nFilesystem too small for a journal\n__populate_fs: Could not allocate inode in ext2 filesystem while writing file "f1103"',
    'partition',
  ],
  ['mcopy', 'Disk full', 'partition'],
  ['mmd', 'No directory slots', 'partition'],
  ['mke2fs', 'mke2fs: No such file or directory while trying to determine filesystem size', undefined],
];

describe('fullPlace', () => {
  it.each(recorded)('%s: %j', (_tool, said, place) => {
    expect(fullPlace(said)).toBe(place);
  });
});

describe('orFullDisk', () => {
  const toolError = (stderr: string) => new ToolError(['x'], { code: 1, stdout: '', stderr });
  const reported = async (error: unknown) => (await orFullDisk(error, ['/'])) as Error;

  it.each([
    ['a tool', toolError('cp: No space left on device')],
    ['Node', Object.assign(new Error('write'), { code: 'ENOSPC' })],
    [
      'rpm',
      new TransactionError(['a.rpm cannot be unpacked'], 'cpio: write failed - No space left on device'),
    ],
  ])('tells of a full disk when %s ran into it', async (_who, error) => {
    expect((await reported(error)).message).toBe(
      'The disk is full (/). Free some space (`df -h`), then run the same command again: finished work is kept.',
    );
  });

  it.each([
    ['another error of a tool', toolError('cp: No such file or directory')],
    ['a full partition', toolError('Disk full')],
    ["what a user's script said, while there is room", problem('script x: No space left on device')],
  ])('leaves %s as it is', async (_what, error) => {
    expect(await reported(error)).toBe(error);
  });
});
