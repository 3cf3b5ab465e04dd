import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../host/json-files.ts';
import { type Toolchain, toolchainSchema } from '../model/toolchain.ts';

/** The mode of a toolchain folder: only its owner and root come near the setuid programs of the worker. */
export const folderMode = 0o700;

/** The file beside `toolchain.json` with the digest of what the folder was made from. */
export const stampFile = 'recipe';

/** Returns the toolchain in `dir`, or undefined when it is incomplete or was made from something else than `stamp`. */
export async function readToolchain(dir: string, stamp: string): Promise<Toolchain | undefined> {
  const [found, worker] = await Promise.all([
    readFile(join(dir, stampFile), 'utf8').catch(() => ''),
    stat(join(dir, 'worker/usr/src/azl')).catch(() => undefined),
  ]);
  if (found !== stamp || worker === undefined) return undefined;
  return await readJson(toolchainSchema, join(dir, 'toolchain.json'));
}
