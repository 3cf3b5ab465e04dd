import { join } from 'node:path';
import { counted } from '../base/counted.ts';
import type { ActionContext } from '../github/action.ts';
import { inputProblem } from '../github/inputs.ts';
import type { JobReport } from '../github/job-report.ts';
import { textDigest } from '../host/digests.ts';
import type { Result } from '../model/build-result.ts';
import type { BuildInputs } from '../model/inputs.ts';
import type { Outcome } from '../model/outcome.ts';
import { firstDifference } from '../rpm/first-difference.ts';
import { readMainHeader } from '../rpm/read.ts';
import { outcomesOf } from '../shards/worker/outcomes.ts';
import { runAlone } from '../shards/worker/run-alone.ts';
import type { Store } from '../store/store.ts';
import {
  type DifferingRpm,
  differingRpms,
  packagesOfToolchain,
  rebuiltToolchain,
} from '../toolchain/rebuilt.ts';
import { verifiedRpms } from '../toolchain/verified-rpms.ts';
import { writeToolchainFolder } from '../toolchain/write-folder.ts';
import { deliver } from './deliver.ts';
import { type OpenedRun, withBuildContext } from './open-build-context.ts';
import { storageRequestAlone } from './storage-request.ts';

/** A pass that built all packages of the toolchain, or the report of one that did not. */
type Pass = { results: Result[]; report: JobReport } | { results: undefined; report: JobReport };

/**
 * Builds the packages of the toolchain that the tree has specs of, first with the given RPMs, then with those of the first
 * pass, and compares the output digests of both. The repository of the run is that of the second pass.
 * @throws ProblemsError when the tree has no spec of the toolchain
 */
export async function rebuildToolchain(action: ActionContext, inputs: BuildInputs): Promise<JobReport> {
  const { log } = action;
  const dir = join(inputs.cacheDir, 'rebuilt-toolchain');
  const names = await withBuildContext(action, inputs, 'none', async ({ context: { tree } }) =>
    packagesOfToolchain(tree.specs, tree.toolchain),
  );
  if (names.length === 0)
    throw inputProblem('rebuild-toolchain', 'true', 'but no spec makes an RPM of the toolchain');
  const own = { ...inputs, packageBuildList: names, packageRebuildList: names, configFile: [] };
  log.info(`Pass 1: ${counted(names.length, 'package')} with the given RPMs.`);
  const first = await withBuildContext(action, own, 'alone', async (opened) => {
    const pass = await build(opened, own);
    if (pass.results !== undefined) await writeRebuilt(opened, pass.results, dir);
    return pass;
  });
  if (first.results === undefined) return first.report;
  log.info(`Pass 2: the same packages with the RPMs of pass 1, in ${dir}.`);
  const again = { ...own, toolchainDir: dir, toolchainArtifact: '' };
  return await withBuildContext(action, again, 'alone', async (opened) => {
    const second = await build(opened, again);
    if (second.results === undefined) return second.report;
    const differing = differingRpms(first.results, second.results);
    const lines = await Promise.all(differing.map((one) => lineOf(one, opened.context.store)));
    const said = `Both passes made ${counted(names.length, 'package')}: ${lines.length === 0 ? 'all RPMs are the same' : `RPMs that differ: ${lines.length}`}.`;
    log.info(said);
    for (const line of lines) log.warn(line);
    const page = [second.report.page ?? '', `### ${said}`, ...lines.map((line) => `- ${line}`)].join('\n\n');
    return { ...second.report, page, outputs: { ...second.report.outputs, 'toolchain-dir': dir } };
  });
}

/** Builds the packages of one pass. Its report is that of an ordinary run. */
async function build(
  { context, index, local, makeRoom, remember }: OpenedRun,
  inputs: BuildInputs,
): Promise<Pass> {
  const started = performance.now();
  makeRoom(storageRequestAlone(index, context.run.names));
  const state = await runAlone(context, inputs.concurrentPackageBuilds);
  const outcomes = outcomesOf(state);
  await remember(outcomes);
  const report = await deliver(context, { graph: state.progress.graph, outcomes, local }, inputs, started);
  const results = context.run.goals.map((name) => resultOf(outcomes.get(name)));
  return results.every((one) => one !== undefined) ? { results, report } : { results: undefined, report };
}

function resultOf(outcome: Outcome | undefined): Result | undefined {
  return outcome !== undefined && 'result' in outcome ? outcome.result : undefined;
}

/** Writes the toolchain folder of the first pass. */
async function writeRebuilt({ context }: OpenedRun, results: readonly Result[], dir: string): Promise<void> {
  const { tree, toolchainDir, store, log, signal } = context;
  const toolchain = rebuiltToolchain(tree.toolchain, results);
  const paths = new Map<string, string>();
  for (const result of results) {
    const folder = await store.open(result);
    for (const { file } of result.rpms) paths.set(file, join(folder, file));
  }
  const given = await verifiedRpms(
    toolchainDir,
    toolchain.rpms.filter(({ file }) => !paths.has(file)),
  );
  const stamp = textDigest(JSON.stringify(toolchain.rpms.map(({ file, shipDigest }) => [file, shipDigest])));
  const pathOf = (file: string) => paths.get(file) ?? join(given, file);
  await writeToolchainFolder(toolchain, pathOf, { dir, stamp, log, signal });
}

/** Says in which file an RPM of the two passes differs first. */
async function lineOf({ package: name, one, other }: DifferingRpm, store: Store): Promise<string> {
  const headers = [one, other].map(async ({ result, rpm }) =>
    readMainHeader(join(await store.open(result), rpm.file)),
  );
  const [before, after] = await Promise.all(headers);
  const path = before && after && firstDifference(before, after);
  const where = path === undefined ? 'in its header alone' : `first in ${path}`;
  return `${other.rpm.name} of ${name} differs between the passes, ${where}`;
}
