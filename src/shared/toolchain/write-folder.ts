import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../base/log.ts';
import { linkFile, tempSibling, writeWhole } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { writeJson } from '../host/json-files.ts';
import { clearLeftovers } from '../host/temp-dir.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { showRpmWarnings } from '../sandbox/rpm-warnings.ts';
import { folderMode, stampFile } from './folder.ts';
import { installWorker } from './worker.ts';

/**
 * Writes a toolchain folder in place of the one that is there: RPMs, worker, `toolchain.json`.
 * @param pathOf says where the file of an RPM lies, by its name
 * @param stamp the digest of all that it is made from
 * @throws as {@link installWorker}
 */
export async function writeToolchainFolder(
  toolchain: Toolchain,
  pathOf: (file: string) => string,
  { dir, stamp, log, signal }: { dir: string; stamp: string; log: Log; signal?: AbortSignal | undefined },
): Promise<void> {
  await clearLeftovers(dirname(dir), `${basename(dir)}.`, true);
  const part = tempSibling(dir);
  try {
    await mkdir(join(part, 'RPMS'), { recursive: true });
    await chmod(part, folderMode);
    for (const { file } of toolchain.rpms) await linkFile(pathOf(file), join(part, 'RPMS', file));
    log.info(`Installing the worker (${toolchain.worker.length} RPMs)`);
    showRpmWarnings(log, 'the worker', await installWorker(part, toolchain.worker, signal));
    await writeJson(join(part, 'toolchain.json'), toolchain);
    await writeWhole(join(part, stampFile), stamp);
    await replaceDirectory(part, dir);
  } finally {
    await removeTree(part);
  }
}
