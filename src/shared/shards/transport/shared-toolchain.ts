import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { archiveFile, packToolchain, unpackToolchain } from '../../toolchain/archive.ts';
import { UnusableToolchainError } from '../../toolchain/unusable.ts';
import { type Exchange, filesBelow, keptForItsRun } from './exchange.ts';

/** Returns the name of the artifact with a toolchain that the jobs of a run share. */
export function toolchainName(attempt: number): string {
  return `azl-toolchain-${attempt}`;
}

/** Gives the RPMs of a toolchain to the other jobs of a run, which install its worker again. @throws ProblemsError when the name is taken */
export async function shareToolchain(
  dir: string,
  toolchain: Toolchain,
  name: string,
  exchange: Exchange,
  tempDir: string,
): Promise<void> {
  await withTempDir(tempDir, 'toolchain-', async (temp) => {
    await packToolchain(dir, toolchain, join(temp, archiveFile));
    if ((await exchange.create(name, filesBelow(temp, [archiveFile]))) === undefined)
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
    return await unpackToolchain(join(files, archiveFile), { dir, signal }).catch((error: unknown) => {
      if (!(error instanceof UnusableToolchainError)) throw error;
      throw problem(`The toolchain in the artifact '${name}' cannot be used: ${error.message}`, {
        hint: 'Use one version of the actions in all jobs of a run.',
      });
    });
  });
}
