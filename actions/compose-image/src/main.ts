import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { runAction } from '../../../src/shared/github/action.ts';
import { readInputs } from '../../../src/shared/github/inputs.ts';
import { needs } from '../../../src/shared/host/needs.ts';
import { ensureCommands } from '../../../src/shared/host/packages.ts';
import { composeInputs } from './inputs.ts';
import { run } from './run.ts';
import { fetchInputs, publishImages } from './run-artifacts.ts';

/** The entry of the action: reads its inputs, does the work, reports. */
export async function main(): Promise<void> {
  await runAction([...needs.toolchain, ...needs.packages, ...needs.image], async ({ log, signal }) => {
    const inputs = readInputs(composeInputs);
    if (inputs.repoList.length > 0) await ensureCommands(needs.repositories, log, signal);
    if (inputs.bootTest) await ensureCommands(needs.boot, log, signal);
    const dirs = {
      rpmsDir: resolve(inputs.rpmsDir === '' ? join(inputs.outDir, 'RPMS') : inputs.rpmsDir),
      toolchainDir: resolve(
        inputs.toolchainDir === '' ? join(inputs.cacheDir, 'toolchain') : inputs.toolchainDir,
      ),
      buildDir: resolve(inputs.buildDir),
      cacheDir: resolve(inputs.cacheDir),
    };
    const found = await fetchInputs({ ...inputs, ...dirs }, log);
    const summarize = async (page: string) => void (await core.summary.addRaw(page).write());
    const { images, manifest, reused } = await run(
      { ...inputs, ...found, outDir: resolve(inputs.outDir) },
      { log, signal, summarize },
    );
    core.setOutput('images', JSON.stringify(images));
    core.setOutput('manifest', manifest);
    core.setOutput('reused', reused);
    core.setOutput('image-artifact', await publishImages(inputs, [...images, manifest], log));
  });
}
