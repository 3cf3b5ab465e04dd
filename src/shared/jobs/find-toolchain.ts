import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { problem } from '../base/problems.ts';
import { paths } from '../builder/paths.ts';
import type { ActionContext } from '../github/action.ts';
import { readJson } from '../host/json-files.ts';
import type { StoreInputs, TreeInputs } from '../model/inputs.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { fetchToolchain } from '../shards/transport/shared-toolchain.ts';
import { obtainToolchain } from '../toolchain/obtain.ts';
import { openExchange } from './open-exchange.ts';

/** Finds the toolchain of a job: its run's, a folder's, an earlier run's; else makes one. @throws ProblemsError */
export async function findToolchain(
  inputs: TreeInputs & Partial<StoreInputs>,
  { log, signal }: ActionContext,
): Promise<{ toolchain: Toolchain; toolchainDir: string }> {
  if (inputs.toolchainArtifact !== '') {
    const toolchainDir = join(inputs.cacheDir, 'toolchain');
    const toolchain = await log.group('Toolchain', () =>
      fetchToolchain(inputs.toolchainArtifact, toolchainDir, openExchange(inputs), paths.exchange(inputs)),
    );
    return { toolchain, toolchainDir };
  }
  if (inputs.toolchainDir !== '') {
    const toolchain = await readJson<Toolchain>(join(inputs.toolchainDir, 'toolchain.json'));
    if (toolchain?.schema === 'azl/toolchain') return { toolchain, toolchainDir: inputs.toolchainDir };
    throw problem(
      `Input 'toolchain-dir' (TOOLCHAIN_DIR) is '${inputs.toolchainDir}', which holds no toolchain.json`,
      { hint: 'Give the output toolchain-dir of the toolchain action, or leave it empty.' },
    );
  }
  const toolchainDir = join(inputs.cacheDir, 'toolchain');
  const toolchain = await log.group('Toolchain', () =>
    obtainToolchain({
      mode: inputs.toolchainMode === 'auto' ? 'bootstrap' : inputs.toolchainMode,
      dir: toolchainDir,
      cacheDir: inputs.cacheDir,
      updateLock: false,
      jobs: availableParallelism(),
      onStoreError: inputs.onStoreError ?? 'fail',
      ...{ log, signal },
    }),
  );
  return { toolchain, toolchainDir };
}
