import { mkdir, stat, statfs } from 'node:fs/promises';
import { problem } from '../base/problems.ts';

/** Bytes that are needed below a folder. */
export interface Wanted {
  dir: string;
  bytes: number;
}

/**
 * Makes the folders and checks that the needed bytes are free. Folders of one file system share its free space.
 * @param what the beginning of the message: what needs the space
 * @param hint the remedy where space is short
 * @throws ProblemsError with the bytes that are needed and those that are free
 */
export async function checkSpace(
  what: string,
  wanted: readonly Wanted[],
  hint = 'Free some space, or put out-dir and cache-dir on another disk.',
): Promise<void> {
  const disks = new Map<number, { dirs: string[]; bytes: number; free: number }>();
  for (const { dir, bytes } of wanted) {
    await mkdir(dir, { recursive: true });
    const [{ dev }, { bavail, bsize }] = await Promise.all([stat(dir), statfs(dir)]);
    const disk = disks.get(dev) ?? { dirs: [], bytes: 0, free: bavail * bsize };
    disks.set(dev, { ...disk, dirs: [...disk.dirs, dir], bytes: disk.bytes + bytes });
  }
  for (const { dirs, bytes, free } of disks.values()) {
    if (bytes <= free) continue;
    throw problem(
      `${what} needs ${megabytes(bytes)} MB in ${dirs.join(' and ')}, where ${megabytes(free)} MB are free`,
      { hint },
    );
  }
}

/** True when two folders lie on one file system. Makes them where they are absent. */
export async function isSameDisk(one: string, other: string): Promise<boolean> {
  for (const dir of [one, other]) await mkdir(dir, { recursive: true });
  return (await stat(one)).dev === (await stat(other)).dev;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
