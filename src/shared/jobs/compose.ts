import { rm } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { makeCommand } from '../base/make-command.ts';
import { problem } from '../base/problems.ts';
import { type ActionContext, AlreadyReportedError } from '../github/action.ts';
import { fetchInputArtifact, requireRun } from '../github/artifacts/fetch.ts';
import { openCache } from '../github/cache/open-cache.ts';
import type { JobReport } from '../github/job-report.ts';
import { leavesCache } from '../github/run.ts';
import { readJson } from '../host/json-files.ts';
import { needs } from '../host/needs.ts';
import { ensureCommands } from '../host/packages.ts';
import { endOfPlainFile } from '../host/plain-files.ts';
import { publishImageArtifact, publishSerialLog } from '../image/artifacts.ts';
import { defaultFirmware, findFirmware, startLine } from '../image/boot-test/qemu.ts';
import type { Verdict } from '../image/boot-test/verdict.ts';
import { imageCache } from '../image/cache/image-cache.ts';
import { type Composed, composeImage } from '../image/compose-image.ts';
import type { ComposeInputs } from '../model/inputs.ts';
import { toolchainSchema } from '../model/toolchain.ts';
import { consoleNote, failedImagePage, failureLines, imagePage, verdictLine } from '../report/image-page.ts';
import type { Link } from '../report/page.ts';
import { artifactExchange } from '../shards/transport/artifact-exchange.ts';
import { fetchToolchain } from '../shards/transport/shared-toolchain.ts';
import { artifactAddresses, publishedRun } from './references.ts';
import { repositoriesOf } from './tree-repositories.ts';

/** The commands that every image needs on its host. */
export const composing = [...needs.toolchain, ...needs.packages, ...needs.image];

/**
 * Makes the image of a config and publishes it, unless it failed its boot test.
 * @returns a report with an error when the image failed its boot test
 * @throws ProblemsError for bad input
 */
export async function composeJob(context: ActionContext, inputs: ComposeInputs): Promise<JobReport> {
  const { log, signal } = context;
  if (inputs.bootTest) await ensureCommands(needs.boot, log, signal);
  const dirs = await fetchDirs(inputs, context);
  const toolchain = await readJson(toolchainSchema, join(dirs.toolchainDir, 'toolchain.json'));
  if (toolchain === undefined)
    throw problem('There is no toolchain', {
      file: dirs.toolchainDir,
      hint: `Run: ${makeCommand('toolchain')}`,
    });
  const repoList = repositoriesOf(inputs, toolchain, log);
  if (repoList.length > 0) await ensureCommands(needs.repositories, log, signal);
  const cache = openCache(log, signal);
  const composed = await composeImage({
    ...{ ...inputs, ...dirs, repoList, toolchain, log, signal },
    imageCache: cache && imageCache(cache, join(dirs.buildDir, 'image-cache'), leavesCache(), log),
  });
  const { verdict } = composed;
  if (verdict?.passed === false) return await failedReport(composed, verdict, inputs, context);
  return await composedReport(composed, inputs, context);
}

type Dirs = Pick<ComposeInputs, 'buildDir' | 'cacheDir' | 'outDir' | 'rpmsDir' | 'toolchainDir'>;

/** Returns the job's folders as absolute paths, after fetching packages and toolchain of other jobs of the run. */
async function fetchDirs(inputs: ComposeInputs, { log, signal }: ActionContext): Promise<Dirs> {
  const { rpmsArtifact, toolchainArtifact } = inputs;
  const buildDir = resolve(inputs.buildDir);
  const cacheDir = resolve(inputs.cacheDir);
  const dirs = {
    ...{ buildDir, cacheDir, outDir: resolve(inputs.outDir) },
    rpmsDir: resolve(inputs.rpmsDir || join(inputs.outDir, 'RPMS')),
    toolchainDir: resolve(inputs.toolchainDir || join(cacheDir, 'toolchain')),
  };
  if (rpmsArtifact !== '') {
    dirs.rpmsDir = join(buildDir, 'packages');
    await log.group(`Fetching ${rpmsArtifact}`, () =>
      fetchInputArtifact('rpms-artifact', rpmsArtifact, dirs.rpmsDir),
    );
  }
  if (toolchainArtifact !== '') {
    requireRun('toolchain-artifact', toolchainArtifact);
    dirs.toolchainDir = join(cacheDir, 'toolchain');
    const temp = join(buildDir, 'exchange');
    await log.group(`Fetching ${toolchainArtifact}`, () =>
      fetchToolchain(toolchainArtifact, dirs.toolchainDir, artifactExchange(temp), temp, signal),
    );
    await rm(temp, { recursive: true, force: true });
  }
  return dirs;
}

async function composedReport(composed: Composed, inputs: ComposeInputs, { log }: ActionContext) {
  const { image, paths, manifest, reused } = composed;
  const line = verdictLine(composed);
  log.info(line);
  for (const path of paths) log.info(`image: ${shown(path)}`);
  const raw = paths.find((path) => path.endsWith('.raw'));
  const firmware = await findFirmware().catch(() => defaultFirmware);
  if (raw !== undefined) log.info(`start: ${startLine(shown(raw), firmware)}`);
  const artifact = await publishImageArtifact(inputs, [...paths, manifest], log);
  const outputs = {
    images: JSON.stringify(paths),
    manifest,
    reused,
    'cache-hit': reused,
    'image-artifact': artifact,
  };
  const page = imagePage(image, line, await artifactLink(artifact), publishedRun(artifact));
  return { outputs, page };
}

/** Bytes at the end of a serial log of which messages and pages show some lines. A machine may write 64 MiB. */
const shownConsole = 256 * 1024;

async function failedReport(
  { image, serialLog, stored }: Composed,
  verdict: Verdict,
  inputs: ComposeInputs,
  { log }: ActionContext,
): Promise<JobReport> {
  for (const line of failureLines(verdict)) log.info(line);
  const artifact = await publishSerialLog(inputs.configFile, serialLog, log);
  const where = artifact === '' ? '' : ` in the artifact ${artifact}`;
  const text = await endOfPlainFile(serialLog, shownConsole);
  const note = verdict.failed.length > 0 ? '' : consoleNote(text);
  log.error({
    message: `The image ${image.name} failed its boot test: ${verdict.reason}`,
    hint: `${note}Serial log: ${shown(serialLog)}${where}; image: ${shown(stored)}.`,
  });
  const serial = { artifact: await artifactLink(artifact), file: basename(serialLog), text };
  const page = failedImagePage(image.name, verdict, serial);
  return { outputs: {}, page, error: new AlreadyReportedError() };
}

/** Returns an artifact of this run as a link; undefined without a name. */
async function artifactLink(artifact: string): Promise<Link | undefined> {
  if (artifact === '') return undefined;
  return { text: artifact, address: (await artifactAddresses())(artifact) };
}

/** Returns a path as seen from the current folder. */
function shown(path: string): string {
  return relative(process.cwd(), path) || path;
}
