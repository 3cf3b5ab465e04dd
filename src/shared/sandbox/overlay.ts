import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A root filesystem: a tree that is never written to, and an overlay on the host's disk that receives every change. */
export interface Root {
  /** The worker's tree, which all roots share. */
  worker: string;
  /** The folder that {@link createOverlay} made. */
  overlay: string;
}

/** A folder of the host that becomes `/` itself: the root of an image. */
export interface TreeRoot {
  tree: string;
}

/**
 * Makes an empty overlay in `dir` and returns `dir`. Nobody but its owner and root can enter the folder: untrusted
 * programs lie there, with setuid bits of their own choice. It is removed by `removeTree`.
 */
export async function createOverlay(dir: string): Promise<string> {
  for (const name of ['upper', 'work', 'mnt']) await mkdir(join(dir, name), { recursive: true });
  await chmod(dir, 0o700);
  // `upper` becomes `/` of the root: ordinary users must be able to enter it, whatever our umask is.
  await chmod(join(dir, 'upper'), 0o755);
  return dir;
}
