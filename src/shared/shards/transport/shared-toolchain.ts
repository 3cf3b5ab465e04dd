import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { archiveFile, packToolchain, unpackToolchain } from '../../toolchain/archive.ts';
import { type Exchange, filesBelow, keptForItsRun } from './exchange.ts';

/** Returns the name of the artifact with a toolchain that the jobs of a run share. */
export function toolchainName(attempt: number): string {
  return `azl-toolchain-${attempt}`;
}

/** Gives a toolchain with its worker to the other jobs of a run. @throws ProblemsError when the name is taken */
export async function shareToolchain(
  dir: string,
  name: string,
  exchange: Exchange,
  tempDir: string,
): Promise<void> {
  const temp = join(tempDir, 'toolchain');
  await mkdir(temp, { recursive: true });
  try {
    await packToolchain(dir, join(temp, archiveFile));
    if ((await exchange.create(name, filesBelow(temp, [archiveFile]))) === undefined)
      throw problem(`This run has an artifact '${name}' already`, { hint: 'Plan once in a run.' });
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/**
 * Fetches the toolchain that another job of the run shared into `dir`, which it replaces.
 * @throws ProblemsError when there is none, or when it is of another version of azl
 */
export async function fetchToolchain(
  name: string,
  dir: string,
  exchange: Exchange,
  tempDir: string,
): Promise<Toolchain> {
  const temp = join(tempDir, 'toolchain');
  try {
    const artifact = await exchange.find(name);
    if (artifact === undefined || !(await exchange.fetch(artifact, temp)))
      throw problem(
        `Input 'toolchain-artifact' (TOOLCHAIN_ARTIFACT) is '${name}', and this run has no artifact of that name`,
        {
          hint: keptForItsRun,
        },
      );
    const toolchain = await unpackToolchain(join(temp, archiveFile), dir);
    if (toolchain === undefined)
      throw problem(`The artifact '${name}' holds no toolchain of this version of azl`, {
        hint: 'Use one version of the actions in all jobs of a run.',
      });
    return toolchain;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}
