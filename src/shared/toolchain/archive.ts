import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tempSibling } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { readJson } from '../host/json-files.ts';
import { runTool } from '../host/process.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { folderMode, stampFile } from './folder.ts';
import { workerDigest } from './worker.ts';

/** The file name of a packed toolchain with its worker. */
export const archiveFile = 'toolchain.tar.zst';

// The worker's files belong to root, some with setuid bits and file capabilities.
const format = ['--zstd', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
const options = { root: true, timeoutSeconds: 900 } as const;

/** Packs the toolchain folder `dir` into `file`. */
export async function packToolchain(dir: string, file: string): Promise<void> {
  const parts = ['toolchain.json', stampFile, 'RPMS', 'worker'];
  await runTool(
    ['tar', '--create', ...format, '--sort=name', '--file', file, '--directory', dir, ...parts],
    options,
  );
}

/**
 * Unpacks a packed toolchain into `dir`, in place of the one that is there.
 * @returns undefined, and leaves `dir` as it is, when the file holds no toolchain that this version of azl makes
 */
export async function unpackToolchain(file: string, dir: string): Promise<Toolchain | undefined> {
  const part = tempSibling(dir);
  try {
    await mkdir(part, { recursive: true });
    await chmod(part, folderMode);
    await runTool(
      ['tar', '--extract', ...format, '--same-owner', '--file', file, '--directory', part],
      options,
    );
    const toolchain = await readJson<Toolchain>(join(part, 'toolchain.json'));
    const inWorker = (toolchain?.rpms ?? []).filter((rpm) => toolchain?.worker.includes(rpm.file));
    if (toolchain?.schema !== 'azl/toolchain' || workerDigest(inWorker) !== toolchain.workerDigest)
      return undefined;
    await replaceDirectory(part, dir);
    return toolchain;
  } finally {
    await removeTree(part);
  }
}
