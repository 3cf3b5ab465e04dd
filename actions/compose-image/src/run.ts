import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { Log } from '../../../src/shared/base/log.ts';
import { problem } from '../../../src/shared/base/problems.ts';
import { AlreadyReportedError } from '../../../src/shared/github/action.ts';
import { actionsCache } from '../../../src/shared/github/cache/actions-cache.ts';
import { hasCache, leavesCache } from '../../../src/shared/github/run.ts';
import { readJson } from '../../../src/shared/host/json-files.ts';
import { defaultFirmware, findFirmware, startLine } from '../../../src/shared/image/boot-test/qemu.ts';
import { imageCache } from '../../../src/shared/image/cache/image-cache.ts';
import { composeImage } from '../../../src/shared/image/compose.ts';
import { failureLines, verdictLine } from '../../../src/shared/image/summary.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import type { Inputs } from './inputs.ts';
import { failedImagePage, imagePage } from './page.ts';
import { publishSerialLog } from './run-artifacts.ts';

export interface Deps {
  log: Log;
  signal: AbortSignal;
  /** Puts Markdown on the page of the job. */
  summarize: (page: string) => Promise<void>;
}

/**
 * Makes the image and puts it into `out-dir`, unless its boot test failed. The inputs' folders are absolute, their
 * files as the user wrote them.
 * @throws ProblemsError for bad input; SaidFailure when the image did not pass, which is then said.
 */
export async function run(
  inputs: Inputs,
  { log, signal, summarize }: Deps,
): Promise<{ images: string[]; manifest: string; reused: boolean }> {
  const toolchain = await readJson<Toolchain>(join(inputs.toolchainDir, 'toolchain.json'));
  if (toolchain === undefined)
    throw problem('There is no toolchain', { file: inputs.toolchainDir, hint: 'Run: make toolchain' });
  const spare = hasCache()
    ? imageCache(actionsCache(log, signal), join(inputs.buildDir, 'spare'), leavesCache(), log)
    : undefined;
  const composed = await composeImage({ ...inputs, toolchain, spare, log, signal });
  const shown = (path: string) => relative(process.cwd(), path) || path;
  if (composed.verdict?.passed === false) {
    for (const line of failureLines(composed.verdict)) log.info(line);
    const artifact = await publishSerialLog(inputs.configFile, composed.serialLog, log);
    const where = artifact === '' ? '' : ` in the artifact ${artifact}`;
    log.error({
      message: `The image ${composed.image.name} failed its boot test: ${composed.verdict.reason}`,
      hint: `Serial log: ${shown(composed.serialLog)}${where}; image: ${shown(composed.stored)}.`,
    });
    await summarize(
      failedImagePage(composed.image.name, composed.verdict, {
        artifact,
        file: basename(composed.serialLog),
        text: await readFile(composed.serialLog, 'utf8'),
      }),
    );
    throw new AlreadyReportedError();
  }
  const line = verdictLine(composed);
  log.info(line);
  for (const path of composed.paths) log.info(`image: ${shown(path)}`);
  const raw = composed.paths.find((path) => path.endsWith('.raw'));
  const firmware = await findFirmware().catch(() => defaultFirmware);
  if (raw !== undefined) log.info(`start: ${startLine(shown(raw), firmware)}`);
  await summarize(imagePage(composed.image, line));
  const { paths, manifest, reused } = composed;
  return { images: paths, manifest, reused };
}
