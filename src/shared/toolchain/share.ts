import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange } from '../exchange/exchange.ts';
import { aside, readJson } from '../host/files.ts';
import { runTool } from '../host/process.ts';
import { problem } from '../problems.ts';
import { folderMode, takePlace } from './prepare.ts';
import type { Toolchain } from './toolchain.ts';
import { removeTree, workerDigest } from './worker.ts';

/** What a shared toolchain is called: its jobs ask for it by this name. */
export function toolchainName(attempt: number): string {
  return `azl-toolchain-${attempt}`;
}

const archive = 'toolchain.tar.zst';
const options = { root: true, timeoutSeconds: 900 } as const;

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
    // The worker is root's, with setuid programs and file capabilities.
    const how = ['--zstd', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--sort=name'];
    const file = join(temp, archive);
    await runTool(
      ['tar', '--create', ...how, '--file', file, '--directory', dir, 'toolchain.json', 'RPMS', 'worker'],
      options,
    );
    if ((await exchange.create(name, temp, [archive])) === undefined)
      throw problem(`This run has an artifact '${name}' already`, { mend: 'Plan once in a run.' });
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
  const part = aside(dir);
  try {
    const item = await exchange.find(name);
    if (item === undefined || !(await exchange.fetch(item, temp)))
      throw problem(`Input 'toolchain' (TOOLCHAIN) is '${name}', and this run has no artifact of that name`);
    await mkdir(part, { recursive: true });
    await chmod(part, folderMode);
    const how = ['--zstd', '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*'];
    await runTool(['tar', '--extract', ...how, '--file', join(temp, archive), '--directory', part], options);
    const toolchain = await readJson<Toolchain>(join(part, 'toolchain.json'));
    const inWorker = (toolchain?.rpms ?? []).filter((rpm) => toolchain?.worker.includes(rpm.file));
    if (toolchain?.schema !== 'azl/toolchain' || workerDigest(inWorker) !== toolchain.workerDigest)
      throw problem(`The artifact '${name}' holds no toolchain of this version of azl`, {
        mend: 'Use one version of the actions in all jobs of a run.',
      });
    await takePlace(part, dir);
    return toolchain;
  } finally {
    await removeTree(part);
    await rm(temp, { recursive: true, force: true });
  }
}
