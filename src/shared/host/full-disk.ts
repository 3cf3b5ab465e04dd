import { statfs } from 'node:fs/promises';
import { ifAbsent } from './files.ts';
import { ToolError } from './process.ts';

/** Matches the messages by which tools report a full disk: of the C library, mkfs.vfat, and rpm before a transaction. */
export const fullDiskMessage =
  /No space left on device|Disk quota exceeded|failed whilst writing|more space on the \S+ filesystem/;

/** Returns the error for a disk that azl itself found full. */
export function diskFull(): Error {
  return Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
}

/** True for an error, of Node or of a tool, that reports a full disk. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof ToolError) return fullDiskMessage.test(error.stderr);
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** Bytes of a disk that always stay free. Pure. @param size of the file system */
export function diskReserve(size: number): number {
  return Math.min(2 ** 30, size / 8);
}

/**
 * True if one of the disks that hold these folders, which may be absent, has less free than what always stays, so many
 * times.
 */
export async function lacksReserve(dirs: readonly string[], times = 1): Promise<boolean> {
  const states = await Promise.all(dirs.map((dir) => statfs(dir).catch(ifAbsent(undefined))));
  return states.some((disk) => {
    if (disk === undefined) return false;
    const { bsize, bavail, blocks } = disk;
    return bavail * bsize < times * diskReserve(blocks * bsize);
  });
}

/** Free bytes below which every write fails; free bytes below which a report of a full disk is believed; free inodes. */
const limits = { bytes: 2 ** 26, bytesIfReported: 2 ** 30, inodes: 100 };

/**
 * True when a program with this output failed because the disk that holds `dir` is full. The output alone is no proof:
 * the program may have reached a limit of its own. Nor is the free space alone: it may have removed what it wrote.
 */
export async function ranOutOfSpace(output: string, dir: string): Promise<boolean> {
  const { bsize, bavail, files, ffree } = await statfs(dir);
  const needed = fullDiskMessage.test(output) ? limits.bytesIfReported : limits.bytes;
  return bavail * bsize < needed || (files > 0 && ffree < limits.inodes);
}
