import { statfs } from 'node:fs/promises';
import { ProblemsError, problem } from '../../base/problems.ts';
import { fullDiskWords } from '../../host/full-disk.ts';
import { ToolError } from '../../host/process.ts';
import { TransactionError } from '../../sandbox/transaction.ts';

/** How they say that the filesystem which they make or fill is: mke2fs and debugfs, mtools, mkfs.vfat. */
const partitionWords = /Could not allocate (?:block|inode)|Disk full|No directory slots|create a too small/;

/** Below this many bytes a disk counts as full, whatever a tool said. */
const nothing = 1024 * 1024;

/** What a tool found full, by its own words: the disk of the host, or the filesystem of the image. Pure. */
export function fullPlace(words: string): 'host' | 'partition' | undefined {
  if (fullDiskWords.test(words)) return 'host';
  return partitionWords.test(words) ? 'partition' : undefined;
}

/**
 * What to tell of an error in work that wrote below `dirs`: that the disk is full, when that is what it comes from (not
 * every tool says so), or else the error itself.
 */
export async function orFullDisk(error: unknown, dirs: readonly string[]): Promise<unknown> {
  const [dir, free] = await emptiest(dirs);
  const isFull = () => {
    if ((error as NodeJS.ErrnoException)?.code === 'ENOSPC') return true;
    if (error instanceof ToolError) return fullPlace(error.stderr) === 'host' || free < nothing;
    if (error instanceof TransactionError) return fullPlace(error.message) === 'host' || free < nothing;
    // A script of the user may have said so of something else.
    return error instanceof ProblemsError && fullPlace(error.message) === 'host' && free < nothing;
  };
  if (!isFull()) return error;
  return problem(`The disk is full (${dir})`, {
    hint: 'Free some space (`df -h`), then run the same command again: finished work is kept.',
  });
}

/** The one of some folders that has the least room, and how many bytes that are. */
async function emptiest(dirs: readonly string[]): Promise<[string, number]> {
  let least: [string, number] = [dirs[0] ?? '', Number.POSITIVE_INFINITY];
  for (const dir of dirs) {
    const facts = await statfs(dir).catch(() => undefined);
    const free = facts === undefined ? Number.POSITIVE_INFINITY : facts.bavail * facts.bsize;
    if (free < least[1]) least = [dir, free];
  }
  return least;
}
