import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tempSibling } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { readJson } from '../host/json-files.ts';
import { runTool } from '../host/process.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { folderMode, stampFile } from './folder.ts';
import { workerDigest } from './worker.ts';

/** A toolchain with its worker, as one file. */
export const archiveFile = 'toolchain.tar.zst';

// The worker is root's, with setuid programs and file capabilities.
const how = ['--zstd', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
const options = { root: true, timeoutSeconds: 900 } as const;

/** Packs the toolchain folder `dir` into `file`. */
export async function packToolchain(dir: string, file: string): Promise<void> {
  const parts = ['toolchain.json', stampFile, 'RPMS', 'worker'];
  await runTool(
    ['tar', '--create', ...how, '--sort=name', '--file', file, '--directory', dir, ...parts],
    options,
  );
}

/**
 * Unpacks such a file into `dir`, in place of what is there.
 * @returns undefined when it holds no toolchain that this version of azl makes: then `dir` is left as it was
 */
export async function unpackToolchain(file: string, dir: string): Promise<Toolchain | undefined> {
  const part = tempSibling(dir);
  try {
    await mkdir(part, { recursive: true });
    await chmod(part, folderMode);
    await runTool(['tar', '--extract', ...how, '--same-owner', '--file', file, '--directory', part], options);
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
