import { readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ProblemsError } from '../base/problems.ts';
import { rpmbuildArguments, topDir } from '../cache-key/recipe.ts';
import { resultsOf } from '../graph/graph.ts';
import { removeTree } from '../host/folders.ts';
import { diskFull, isDiskFull, ranOutOfSpace } from '../host/full-disk.ts';
import { ToolError } from '../host/process.ts';
import type { Result } from '../model/build-result.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { RootRpm } from '../model/root-rpm.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { readRpm, readSrpm } from '../rpm/read.ts';
import { collectRpms } from '../sandbox/collect.ts';
import type { Root } from '../sandbox/overlay.ts';
import { TransactionError } from '../sandbox/transaction.ts';
import { differences } from '../specs/differences.ts';
import type { BuildContext } from './build-context.ts';
import { makeBuildRoot, WrongBuildRootError } from './build-root.ts';
import { keepRoot } from './kept-root.ts';
import { packSrpm, runRpmbuild, stage, stagingFolder } from './pack-srpm.ts';
import { paths } from './paths.ts';

/** A build that ended badly, in words; its log tells the rest. */
export class BuildFailedError extends Error {
  readonly log: string;
  /** It was ended from outside: the stage in which it was says nothing. */
  readonly ranOutOfTime: boolean;

  constructor(message: string, log: string, ranOutOfTime = false) {
    super(message);
    this.log = log;
    this.ranOutOfTime = ranOutOfTime;
  }
}

/** The code of a tool whose time ran out. */
const outOfTime = 124;

/** Runs that met a full disk: what is removed for it makes room again, and who failed beside it failed for it, too. */
const withoutSpace = new WeakSet<BuildContext['inputs']>();

/** What one build is made from. */
export interface BuildFrom {
  build: PlannedBuild;
  /** Results of packages of the tree, by package. */
  results: ReadonlyMap<string, Result>;
  /** Path of each source and patch, checked, by base name. */
  files: ReadonlyMap<string, string>;
}

/**
 * Builds one package in a fresh root and puts the result into the store.
 * @throws BuildFailedError; then the root stays below `build-dir`/roots/<package> for a person to look at. An error that
 *   {@link isDiskFull} knows: then nothing stays
 */
export async function buildPackage(
  context: BuildContext,
  spec: Spec,
  { build, results, files }: BuildFrom,
): Promise<Result> {
  const { inputs } = context;
  const log = join(paths.logs(inputs), `${spec.package}.log`);
  const overlay = join(paths.overlays(inputs), spec.package);
  await rm(log, { force: true });
  await removeTree(join(paths.failedRoots(inputs), spec.package));
  const failed = (words: string) => new BuildFailedError(words, log);
  const ended = (words: string) => endedWith(words, context, log);
  const started = performance.now();
  const parts = { srpm: 0, builddep: 0, build: 0 };
  const timed = async <T>(part: keyof typeof parts, work: Promise<T>): Promise<T> => {
    const start = performance.now();
    const done = await work;
    parts[part] = rounded(performance.now() - start);
    return done;
  };
  try {
    const staging = await stage(context, spec, files);
    const packing = packSrpm(context, spec, staging, log);
    const srpm = await timed('srpm', packing.catch(saying(ended('packing the SRPM failed'))));
    const entering = enterRoot(context, { ...build, results }, overlay).catch(
      saying(ours('its build root cannot be made')),
    );
    const root = await timed('builddep', entering);
    const building = runRpmbuild('rpms', { context, spec, root, staging, log });
    await timed(
      'build',
      building.catch(saying((error) => ended(`rpmbuild ended with ${error.code}`)(error))),
    );
    const filesDir = join(staging, 'result');
    const rpms = await collectRpms(root, [`${topDir}/RPMS`], filesDir, context.signal).catch(
      saying(ours('its RPMs cannot be taken out of its root')),
    );
    await rename(srpm, join(filesDir, basename(srpm)));
    const result: Result = {
      schema: 'azl/result',
      version: 1,
      package: spec.package,
      key: build.key,
      components: build.components,
      srpm: await readSrpm(join(filesDir, basename(srpm))),
      rpms: await checkedRpms(context, spec, filesDir, rpms, basename(srpm)),
      seconds: rounded(performance.now() - started),
      parts,
    };
    const stored = await context.store.put(result, filesDir, context.run.rebuild.has(spec.package));
    await removeTree(overlay);
    await rm(staging, { recursive: true, force: true });
    return stored;
  } catch (error) {
    context.signal.throwIfAborted();
    const refused = error instanceof TransactionError || error instanceof WrongBuildRootError;
    throw await afterFailure(context, spec, overlay, refused ? failed(error.message) : error);
  }
}

/**
 * Keeps what a person can look into: not what a full disk, or a file that is wrong, left of a build. Answers the error
 * to end with.
 */
async function afterFailure(
  context: BuildContext,
  spec: Spec,
  overlay: string,
  failure: unknown,
): Promise<unknown> {
  const { inputs, tree } = context;
  const staging = stagingFolder(context, spec);
  const full = isDiskFull(failure) || (await failedForSpace(context, failure));
  if (full) withoutSpace.add(inputs);
  if (full || failure instanceof ProblemsError) {
    await removeTree(overlay);
    await rm(staging, { recursive: true, force: true });
    return full && !isDiskFull(failure) ? diskFull() : failure;
  }
  for (const dir of ['result', 'srpm']) await rm(join(staging, dir), { recursive: true, force: true });
  await keepRoot({ overlay, staging }, join(paths.failedRoots(inputs), spec.package), {
    package: spec.package,
    workerDigest: tree.toolchain.workerDigest,
    argv: rpmbuildArguments('rpms', basename(spec.path), tree.defines),
  });
  return failure;
}

/** Words for rpmbuild: `words`, unless its time ran out. */
function endedWith(words: string, { buildTime }: BuildContext, log: string) {
  return ({ code }: ToolError) =>
    code === outOfTime && buildTime !== undefined
      ? new BuildFailedError('its build did not end in the time that the job had left', log, true)
      : new BuildFailedError(words, log);
}

/** Puts into words that a tool ended badly. */
function saying(words: (error: ToolError) => Error) {
  return (error: unknown) => {
    throw error instanceof ToolError ? words(error) : error;
  };
}

/** Words for a tool of ours: it can be trusted to know a full disk. */
function ours(words: string) {
  return (error: ToolError) =>
    isDiskFull(error)
      ? error
      : new Error(`${words}: ${error.stderr.trim() || `it ended with ${error.code}`}`);
}

/** Whether a build failed because the disk is full, or because it was a moment ago. */
async function failedForSpace(context: BuildContext, failure: unknown): Promise<boolean> {
  if (withoutSpace.has(context.inputs)) return true;
  if (!(failure instanceof BuildFailedError)) return false;
  const words = `${failure.message}\n${await readFile(failure.log, 'utf8').catch(() => '')}`;
  return await ranOutOfSpace(words, context.inputs.buildDir);
}

/** Milliseconds as seconds, to a hundredth. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100;
}

/** Makes the build root that a key lists. */
export async function enterRoot(
  context: BuildContext,
  build: Pick<PlannedBuild, 'installed' | 'packages'> & Pick<BuildFrom, 'results'>,
  overlay: string,
): Promise<Root> {
  const { tree, store } = context;
  const toolchain = new Map(tree.toolchain.rpms.map((rpm) => [rpm.file, rpm]));
  const local = new Map<string, { rpm: Rpm; result: Result }>();
  for (const result of resultsOf(build, build.packages)) {
    for (const rpm of result.rpms) local.set(rpm.file, { rpm, result });
  }
  const folders = new Map<Rpm, string>();
  const installed: RootRpm[] = [];
  for (const { origin, file } of build.installed) {
    const found = local.get(file);
    if (origin === 'toolchain' || found === undefined) {
      installed.push({ origin: 'toolchain', rpm: toolchain.get(file) as Rpm });
      continue;
    }
    folders.set(found.rpm, await store.openWithoutDebug(found.result));
    installed.push({ origin, rpm: found.rpm });
  }
  return await makeBuildRoot({
    toolchain: tree.toolchain,
    toolchainDir: context.toolchainDir,
    overlay: overlay,
    installed,
    folderOf: (rpm) => folders.get(rpm) as string,
    signal: context.signal,
  });
}

/** Reads what rpmbuild made, refuses what is not this package's, and says where it is not what the spec said. */
async function checkedRpms(
  { tree, inputs, log }: BuildContext,
  spec: Spec,
  dir: string,
  files: readonly string[],
  srpm: string,
): Promise<Rpm[]> {
  const rpms = await Promise.all(files.map((file) => readRpm(join(dir, file))));
  for (const rpm of rpms) {
    if (rpm.sourceRpm !== srpm)
      throw new Error(`${rpm.file} says it was built from ${rpm.sourceRpm}, not from ${srpm}`);
    if (rpm.arch !== tree.toolchain.arch && rpm.arch !== 'noarch')
      throw new Error(`${rpm.file} of ${spec.package} is for ${rpm.arch}`);
  }
  if (rpms.length === 0) throw new Error(`${spec.package} made no RPM: its spec has no %files section`);
  const difference = differences(spec, rpms);
  if (difference !== undefined) log.warn({ message: difference, file: join(inputs.specsDir, spec.path) });
  return rpms.sort((a, b) => (a.file < b.file ? -1 : 1));
}
