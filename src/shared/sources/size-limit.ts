import { statfs } from 'node:fs/promises';
import { diskFull, diskReserve } from '../host/full-disk.ts';
import { RefusedError } from './http-request.ts';
import type { SizeLimit } from './partial-file.ts';

/** Bytes between two looks at the free space. */
const betweenLooks = 64 * 1024 ** 2;

/** Returns the bounds of a download into `dir`: so many bytes, and the free space of the disk without its reserve. */
export function sizeLimit(dir: string, mostBytes: number): SizeLimit {
  let nextLook = betweenLooks;
  const checkSpace = async (needed: number) => {
    const { bsize, bavail, blocks } = await statfs(dir);
    const room = bavail * bsize - diskReserve(blocks * bsize);
    if (room < 0) throw diskFull();
    if (needed > room)
      throw new RefusedError(`is larger than the ${megabytes(room)} MB that the disk has left`);
  };
  const checkMost = (bytes: number) => {
    if (bytes > mostBytes) throw new RefusedError(`is larger than the limit of ${megabytes(mostBytes)} MB`);
  };
  return {
    checkDeclared: async (total, missing) => {
      checkMost(total);
      await checkSpace(missing);
    },
    checkWritten: async (bytes) => {
      checkMost(bytes);
      if (bytes < nextLook) return;
      nextLook = bytes + betweenLooks;
      await checkSpace(0);
    },
  };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e4) / 100;
}
