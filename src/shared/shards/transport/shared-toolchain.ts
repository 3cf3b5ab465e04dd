import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../base/problems.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { archiveFile, packToolchain, unpackToolchain } from '../../toolchain/archive.ts';
import { type Exchange, filesBelow, keptForItsRun } from './exchange.ts';

/** What a shared toolchain is called: its jobs ask for it by this name. */
export function toolchainName(attempt: number): string {
  return `azl-toolchain-${attempt}`;
}

/** Hands a toolchain with its worker to the other jobs of a run. @throws ProblemsError when that name is taken */
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
 * Puts the toolchain that another job of the run shared into `dir`, in place of what is there.
 * @throws ProblemsError when there is none, or when it is not what this version of azl makes
 */
export async function fetchToolchain(
  name: string,
  dir: string,
  exchange: Exchange,
  tempDir: string,
): Promise<Toolchain> {
  const temp = join(tempDir, 'toolchain');
  try {
    const item = await exchange.find(name);
    if (item === undefined || !(await exchange.fetch(item, temp)))
      throw problem(`Input 'toolchain' (TOOLCHAIN) is '${name}', and this run has no artifact of that name`, {
        hint: keptForItsRun,
      });
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
