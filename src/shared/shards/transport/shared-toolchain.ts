import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { ifAbsent, writeWhole } from '../../host/files.ts';
import { readPlainFile } from '../../host/plain-files.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { archiveFile, packToolchain, unpackToolchain } from '../../toolchain/archive.ts';
import { lockFile, longestLock } from '../../toolchain/lock.ts';
import { UnusableToolchainError } from '../../toolchain/unusable.ts';
import { type Exchange, filesBelow, keptForItsRun } from './exchange.ts';

/** Returns the name of the artifact with a toolchain that the jobs of a run share. */
export function toolchainName(attempt: number): string {
  return `azl-toolchain-${attempt}`;
}

/**
 * Gives the RPMs of a toolchain to the other jobs of a run, which install its worker again. @throws ProblemsError when the
 * name is taken
 * @param lockPath its lock, which may be absent: the other jobs convert the stand-ins of it that they need
 */
export async function shareToolchain(
  dir: string,
  toolchain: Toolchain,
  name: string,
  exchange: Exchange,
  tempDir: string,
  lockPath?: string,
): Promise<void> {
  await withTempDir(tempDir, 'toolchain-', async (temp) => {
    await packToolchain(dir, toolchain, join(temp, archiveFile));
    const lock = lockPath && (await readPlainFile(lockPath, longestLock).catch(ifAbsent(undefined)));
    if (lock !== undefined) await writeWhole(join(temp, lockFile), lock);
    const files = lock === undefined ? [archiveFile] : [archiveFile, lockFile];
    if ((await exchange.create(name, filesBelow(temp, files))) === undefined)
      throw problem(`This run has an artifact '${name}' already`, { hint: 'Plan once in a run.' });
  });
}

/**
 * Fetches the toolchain that another job of the run shared into `dir`, which it replaces.
 * @throws ProblemsError when there is none, or when it is not what it should be: see {@link unpackToolchain}
 */
export async function fetchToolchain(
  name: string,
  dir: string,
  exchange: Exchange,
  tempDir: string,
  signal?: AbortSignal,
): Promise<Toolchain> {
  return await withTempDir(tempDir, 'toolchain-', async (temp) => {
    const files = join(temp, 'files');
    const artifact = await exchange.find(name);
    if (artifact === undefined || !(await exchange.fetch(artifact, files)))
      throw problem(
        `Input 'toolchain-artifact' (TOOLCHAIN_ARTIFACT) is '${name}', and this run has no artifact of that name`,
        { hint: keptForItsRun },
      );
    const unpacked = unpackToolchain(join(files, archiveFile), { dir, signal });
    const toolchain = await unpacked.catch((error: unknown) => {
      if (!(error instanceof UnusableToolchainError)) throw error;
      throw problem(`The toolchain in the artifact '${name}' cannot be used: ${error.message}`, {
        hint: 'Use one version of the actions in all jobs of a run.',
      });
    });
    const lock = await readPlainFile(join(files, lockFile), longestLock).catch(ifAbsent(undefined));
    if (lock !== undefined) await writeWhole(join(dir, lockFile), lock);
    return toolchain;
  });
}
