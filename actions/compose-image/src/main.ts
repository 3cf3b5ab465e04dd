import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { ensureCommands, needs } from '../../../src/shared/host/packages.ts';
import { composeInputs } from './inputs.ts';
import { run } from './run.ts';

/** The entry of the action: reads its inputs, does the work, reports. */
export async function main(): Promise<void> {
  await runAction([...needs.toolchain, ...needs.packages, ...needs.image], async ({ log, signal }) => {
    const inputs = readInputs(composeInputs);
    if (inputs.bootTest) await ensureCommands(needs.boot, log, signal);
    const { images, manifest, summary } = await run(
      {
        ...inputs,
        rpmsDir: resolve(inputs.rpmsDir === '' ? join(inputs.outDir, 'RPMS') : inputs.rpmsDir),
        toolchainDir: resolve(
          inputs.toolchainDir === '' ? join(inputs.cacheDir, 'toolchain') : inputs.toolchainDir,
        ),
        outDir: resolve(inputs.outDir),
        buildDir: resolve(inputs.buildDir),
        cacheDir: resolve(inputs.cacheDir),
      },
      { log, signal },
    );
    core.setOutput('images', JSON.stringify(images));
    core.setOutput('manifest', manifest);
    await core.summary.addRaw(summary).write();
  });
}
