import { join, relative } from 'node:path';
import { SaidFailure } from '../../../src/shared/github/action.ts';
import { hasCache, leavesCache } from '../../../src/shared/github/run.ts';
import { readJson } from '../../../src/shared/host/files.ts';
import { type Composed, composeImage } from '../../../src/shared/image/compose.ts';
import { defaultFirmware, findFirmware, startLine } from '../../../src/shared/image/qemu.ts';
import { spareImages } from '../../../src/shared/image/spare-images.ts';
import { failureLines, verdictLine } from '../../../src/shared/image/words.ts';
import type { Log } from '../../../src/shared/log.ts';
import { problem } from '../../../src/shared/problems.ts';
import { actionsCache } from '../../../src/shared/store/actions-cache.ts';
import type { Toolchain } from '../../../src/shared/toolchain/toolchain.ts';
import type { Inputs } from './inputs.ts';

export interface Deps {
  log: Log;
  signal: AbortSignal;
}

/**
 * Makes the image and puts it into `out-dir`, unless its boot test failed. The inputs' folders are absolute, their
 * files as the user wrote them.
 * @throws ProblemsError for bad input; SaidFailure when the image did not pass, which is then said.
 */
export async function run(
  inputs: Inputs,
  { log, signal }: Deps,
): Promise<{ images: string[]; manifest: string; reused: boolean; summary: string }> {
  const toolchain = await readJson<Toolchain>(join(inputs.toolchainDir, 'toolchain.json'));
  if (toolchain === undefined)
    throw problem('There is no toolchain', { file: inputs.toolchainDir, mend: 'Run: make toolchain' });
  const spare = hasCache()
    ? spareImages(actionsCache(signal), join(inputs.buildDir, 'spare'), leavesCache(), log)
    : undefined;
  const composed = await composeImage({ ...inputs, toolchain, spare, log, signal });
  const shown = (path: string) => relative(process.cwd(), path) || path;
  if (composed.verdict?.passed === false) {
    for (const line of failureLines(composed.verdict)) log.info(line);
    log.error({
      message: `The image ${composed.image.name} failed its boot test: ${composed.verdict.reason}`,
      mend: `Serial log: ${shown(composed.serialLog)}; image: ${shown(composed.stored)}.`,
    });
    throw new SaidFailure();
  }
  const line = verdictLine(composed);
  log.info(line);
  for (const path of composed.paths) log.info(`image: ${shown(path)}`);
  const raw = composed.paths.find((path) => path.endsWith('.raw'));
  const firmware = await findFirmware().catch(() => defaultFirmware);
  if (raw !== undefined) log.info(`start: ${startLine(shown(raw), firmware)}`);
  const { paths, manifest, reused } = composed;
  return { images: paths, manifest, reused, summary: summaryOf(composed, line) };
}

function summaryOf(composed: Composed, line: string): string {
  const rows = composed.image.files.map(({ file, size, sha256 }) => `| ${file} | ${size} | ${sha256} |`);
  return `### ${composed.image.name}\n\n${line}\n\n| file | bytes | SHA-256 |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}
