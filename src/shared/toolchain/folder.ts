import { join } from 'node:path';
import { readJson } from '../host/json-files.ts';
import { readPlainFile } from '../host/plain-files.ts';
import { type Toolchain, toolchainSchema } from '../model/toolchain.ts';

/** The mode of a toolchain folder: only its owner and root come near the setuid programs of the worker. */
export const folderMode = 0o700;

/** The file beside `toolchain.json` with the digest of what the folder was made from. It is written when the worker is whole. */
export const stampFile = 'recipe';

/** Bytes of a digest, and more. */
const longestStamp = 256;

/** Returns the toolchain in `dir`, or undefined when it is incomplete or was made from something else than `stamp`. */
export async function readToolchain(dir: string, stamp: string): Promise<Toolchain | undefined> {
  const found = await readPlainFile(join(dir, stampFile), longestStamp).catch(() => '');
  return found === stamp ? await readJson(toolchainSchema, join(dir, 'toolchain.json')) : undefined;
}
