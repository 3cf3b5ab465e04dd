import { statfs } from 'node:fs/promises';
import { ProblemsError, problem } from '../../base/problems.ts';
import { fullDiskMessage } from '../../host/full-disk.ts';
import { ToolError } from '../../host/process.ts';
import { TransactionError } from '../../sandbox/transaction.ts';

/** Messages about a full filesystem of the image: mke2fs's and debugfs's, mtools', mkfs.vfat's. */
const fullPartition = /Could not allocate (?:block|inode)|Disk full|No directory slots|create a too small/;

/** Free bytes below which a disk counts as full, whatever a tool's message is. */
const fewBytes = 1024 * 1024;

/** Returns what is full according to a tool's message: the host's disk, or the image's filesystem. Pure. */
export function fullPlace(message: string): 'host' | 'partition' | undefined {
  if (fullDiskMessage.test(message)) return 'host';
  return fullPartition.test(message) ? 'partition' : undefined;
}

/**
 * Returns the error to report for work that wrote below `dirs`: "The disk is full" if that is the cause (not every tool
 * says so), else the error itself.
 */
export async function orFullDisk(error: unknown, dirs: readonly string[]): Promise<unknown> {
  const { dir, free } = await emptiest(dirs);
  const isFull = () => {
    if ((error as NodeJS.ErrnoException)?.code === 'ENOSPC') return true;
    if (error instanceof ToolError) return fullPlace(error.stderr) === 'host' || free < fewBytes;
    if (error instanceof TransactionError) return fullPlace(error.message) === 'host' || free < fewBytes;
    // A user's script may print such a message for another reason.
    return error instanceof ProblemsError && fullPlace(error.message) === 'host' && free < fewBytes;
  };
  if (!isFull()) return error;
  return problem(`The disk is full (${dir})`, {
    hint: 'Free some space (`df -h`), then run the same command again: finished work is kept.',
  });
}

/** Returns the folder with the least free space, and its free bytes. */
async function emptiest(dirs: readonly string[]) {
  const spaces = dirs.map(async (dir) => {
    const facts = await statfs(dir).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }));
    return { dir, free: facts.bavail * facts.bsize };
  });
  return (await Promise.all(spaces)).reduce((least, one) => (one.free < least.free ? one : least));
}
