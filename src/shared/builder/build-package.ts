import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { order } from '../base/order.ts';
import { ProblemsError } from '../base/problems.ts';
import { rpmbuildArguments, staged } from '../cache-key/recipe.ts';
import { removeTree } from '../host/folders.ts';
import { lacksReserve } from '../host/full-disk.ts';
import { LimitError } from '../host/limit-error.ts';
import type { BuildParts, Result } from '../model/build-result.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { readRpm, readSrpm } from '../rpm/read.ts';
import { collectRpms, StrangeFilesError } from '../sandbox/collect.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { TransactionError } from '../sandbox/transaction.ts';
import { specFile } from '../specs/find.ts';
import { topDir } from '../specs/macros/policy.ts';
import { type BuildContext, paths } from './build-context.ts';
import { BuildFailedError, onHelperError, onLimit, onRpmbuildError } from './build-failed.ts';
import { enterRoot, WrongBuildRootError } from './build-root.ts';
import { checkTexts } from './check-texts.ts';
import { compareWithSpec } from './compare-with-spec.ts';
import { generateRequires } from './generate-requires.ts';
import { keepRoot } from './kept-root.ts';
import { keptLog, noteEnd, shortenLog } from './log-failure.ts';
import { noteMissingFiles } from './missing-files.ts';
import { packSrpm, runRpmbuild, stage, stagingFolder } from './pack-srpm.ts';
import { errorOfFullDisk, failedForSpace, wasCrowdedOut } from './short-disk.ts';

/** Everything that one build is made from. */
export interface BuildMaterial {
  build: PlannedBuild;
  /** Results of packages of the tree, by package. */
  results: ReadonlyMap<string, Result>;
  /** Path of each source and patch, checked, by base name. */
  files: ReadonlyMap<string, string>;
}

/**
 * Builds one package in a fresh root and puts the result into the store.
 * @throws BuildFailedError as {@link inStaging}
 */
export async function buildPackage(
  context: BuildContext,
  spec: Spec,
  material: BuildMaterial,
): Promise<Result> {
  return await inStaging(context, spec, material, async (folders) => {
    const result = await buildStaged(context, spec, material, folders);
    const files = join(folders.staging, resultFolder);
    return await context.store.put(result, files, context.run.rebuild.has(spec.package));
  });
}

/**
 * Runs the `%generate_buildrequires` of a package in a fresh root. Returns the requirements that it named.
 * @throws BuildFailedError as {@link inStaging}; ProblemsError
 */
export async function generatePackage(
  context: BuildContext,
  spec: Spec,
  material: BuildMaterial,
): Promise<Capability[]> {
  const content = { ...material.build, results: material.results };
  return await inStaging(context, spec, material, async ({ staging, overlay, log }) => {
    const entering = enterRoot(context, spec.package, content, overlay);
    const root = await entering.catch(onHelperError('its build root cannot be made'));
    const running = generateRequires({ context, spec, root, staging, log }, 'requirements');
    const failed = (code: number) => `rpmbuild ended with ${code}`;
    return await running.catch(onRpmbuildError(failed, context, log));
  });
}

/** The folders and the log of a package that is built. */
interface BuildFolders {
  staging: string;
  overlay: string;
  log: string;
}

/**
 * Stages a package, calls `body`, and removes its folders. What failed because a build beside it filled the disk is done
 * again.
 * @throws BuildFailedError; then the root is kept below `build-dir`/roots/<package> for debugging. An error that
 *   `isDiskFull` knows, when the disk stays full without its files: then nothing is kept
 */
async function inStaging<T>(
  context: BuildContext,
  spec: Spec,
  material: BuildMaterial,
  body: (folders: BuildFolders) => Promise<T>,
): Promise<T> {
  const { inputs, signal } = context;
  const started = performance.now();
  const log = join(paths.logs(inputs), `${spec.package}.log`);
  const overlay = join(paths.overlays(inputs), spec.package);
  await rm(log, { force: true });
  await removeTree(join(paths.failedRoots(inputs), spec.package));
  try {
    const staging = await stage(context, spec, material.files);
    const done = await body({ staging, overlay, log });
    await removeTree(overlay);
    await rm(staging, { recursive: true, force: true });
    return done;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LimitError) await noteEnd(log, 'ended', error.message);
    if (error instanceof StrangeFilesError) await noteEnd(log, 'failed', error.message);
    const isOwn = ownErrors.some((kind) => error instanceof kind);
    const failure = isOwn ? new BuildFailedError((error as Error).message, log, false, error) : error;
    const isCrowdedOut = await wasCrowdedOut(context, failure, started);
    const thrown = await afterFailure(context, spec, material, { overlay, log }, failure);
    if (!isCrowdedOut) throw thrown;
    context.log.info(`${spec.package}: built again: another build had filled the disk`);
    return await inStaging(context, spec, material, body);
  }
}

/** Errors for which a package fails, and not azl. */
const ownErrors = [TransactionError, WrongBuildRootError, LimitError, StrangeFilesError];

/** Below the staging folder: the files of the result. */
const resultFolder = 'result';

/** Builds a staged package. The files of its result are then in its staging folder. */
async function buildStaged(
  context: BuildContext,
  spec: Spec,
  { build, results }: BuildMaterial,
  { staging, overlay, log }: BuildFolders,
): Promise<Result> {
  const { inputs } = context;
  const content = { ...build, results };
  const started = performance.now();
  const parts: BuildParts = { srpm: 0, builddep: 0, build: 0 };
  const timed = async <T>(part: keyof BuildParts, work: Promise<T>): Promise<T> => {
    const start = performance.now();
    const done = await work;
    parts[part] = toSeconds(performance.now() - start);
    return done;
  };
  const failed = (message: (code: number) => string) => onRpmbuildError(message, context, log);
  const packing = packSrpm(context, spec, staging, log);
  const srpm = await timed('srpm', packing.catch(failed(() => 'packing the SRPM failed')));
  const entering = enterRoot(context, spec.package, content, overlay);
  const root = await timed('builddep', entering.catch(onHelperError('its build root cannot be made')));
  const building = runRpmbuild('rpms', { context, spec, root, staging, log, generated: build.generated });
  const noted = building.catch(async (error: unknown) => {
    await noteMissingFiles(root, log, context.signal);
    return failed((code) => `rpmbuild ended with ${code}`)(error);
  });
  await timed('build', noted);
  const filesDir = join(staging, resultFolder);
  const limits = limitsOf('collect', inputs.packageLimits, spec.package);
  const collecting = collectRpms(root, [`${topDir}/RPMS`], filesDir, { limits, signal: context.signal });
  const rpms = await collecting
    .catch(onLimit('taking its RPMs out of its root'))
    .catch(onHelperError('its RPMs cannot be taken out of its root'));
  const file = specFile(spec);
  await checkTexts(filesDir, rpms, join(staging, staged.spec, basename(file)), file);
  const srpmFile = basename(srpm);
  await rename(srpm, join(filesDir, srpmFile));
  const built = await readBuiltRpms(context, spec, filesDir, rpms, srpmFile);
  const enterAgain = (again: string) => enterRoot(context, spec.package, content, again);
  await compareWithSpec(context, { spec, rpms: built, staging, enterAgain });
  const { key, components } = build;
  return {
    ...{ schema: 'azl/result', version: 1, package: spec.package, key, components },
    srpm: await readSrpm(join(filesDir, srpmFile)),
    rpms: built,
    seconds: toSeconds(performance.now() - started),
    parts,
  };
}

/**
 * Keeps the root of a failed build for debugging. It is removed after a full disk, when the disk has no room to keep it,
 * and when a file of the user's is wrong.
 * @returns the error to throw
 */
async function afterFailure(
  context: BuildContext,
  spec: Spec,
  { build }: BuildMaterial,
  { overlay, log }: Omit<BuildFolders, 'staging'>,
  failure: unknown,
): Promise<unknown> {
  const { inputs, tree } = context;
  const staging = stagingFolder(context, spec);
  const isFull = await failedForSpace(context, failure);
  await shortenLog(log, isFull ? keptLog.onFullDisk : keptLog.usual);
  if (isFull || failure instanceof ProblemsError || (await lacksReserve([inputs.buildDir], 2))) {
    await removeTree(overlay);
    await rm(staging, { recursive: true, force: true });
    return isFull ? await errorOfFullDisk(context, failure, log) : failure;
  }
  for (const dir of [resultFolder, 'srpm']) await rm(join(staging, dir), { recursive: true, force: true });
  await keepRoot({ overlay, staging }, join(paths.failedRoots(inputs), spec.package), {
    package: spec.package,
    workerDigest: tree.toolchain.workerDigest,
    argv: rpmbuildArguments(build.isRound ? 'requirements' : 'rpms', spec, tree.defines, build.generated),
    asRoot: tree.policiesOf(spec.package).includes('build-as-root'),
    log: `${spec.package}.log`,
  });
  return failure;
}

/** Milliseconds as seconds, to a hundredth. */
function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100;
}

/** Reads the RPMs that rpmbuild made. @throws Error if one is not of this build */
async function readBuiltRpms(
  { tree }: BuildContext,
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
  return rpms.sort((a, b) => order(a.file, b.file));
}
