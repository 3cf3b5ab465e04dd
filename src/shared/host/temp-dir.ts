import { mkdir, rm } from 'node:fs/promises';
import { ownFolder } from './leftovers.ts';

/**
 * Runs `body` with a new folder `<parent>/<prefix>…`, and removes the folder afterwards, whatever happened. Makes
 * `parent`. A killed process leaves its folder to `clearLeftovers`.
 */
export async function withTempDir<T>(
  parent: string,
  prefix: string,
  body: (dir: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true });
  const dir = await ownFolder(parent, prefix);
  try {
    return await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
