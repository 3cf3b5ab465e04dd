import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeBuildRoot, WrongBuildRoot } from '../../../src/shared/buildroot/buildroot.ts';
import { collectRpms } from '../../../src/shared/buildroot/collect.ts';
import { topDir } from '../../../src/shared/buildroot/recipe.ts';
import { type Root, removeLayer } from '../../../src/shared/buildroot/sandbox.ts';
import { TransactionError } from '../../../src/shared/buildroot/transaction.ts';
import { aside } from '../../../src/shared/host/files.ts';
import { ToolError } from '../../../src/shared/host/process.ts';
import type { RootRpm } from '../../../src/shared/plan/settle.ts';
import type { Keyed } from '../../../src/shared/plan/state.ts';
import type { Result } from '../../../src/shared/result/result.ts';
import { readRpm, readSrpm } from '../../../src/shared/rpm/read.ts';
import type { Rpm } from '../../../src/shared/rpm/rpm.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { packSrpm, runRpmbuild, stage } from './pack-srpm.ts';
import { places, type Workshop } from './workshop.ts';

/** A build that ended badly, in words; its log tells the rest. */
export class BuildFailed extends Error {
  readonly log: string;

  constructor(message: string, log: string) {
    super(message);
    this.log = log;
  }
}

/**
 * Builds one package in a fresh root and puts the result into the store.
 * @param files base name → path of each source and patch, checked
 * @throws BuildFailed; then the root stays below `build-dir`/roots/<package> for a person to look at
 */
export async function buildPackage(
  workshop: Workshop,
  spec: Spec,
  keyed: Keyed,
  files: ReadonlyMap<string, string>,
): Promise<Result> {
  const { inputs, context, tree } = workshop;
  const log = join(places.logs(inputs), `${spec.package}.log`);
  const layer = join(places.layers(inputs), spec.package);
  const kept = join(places.failedRoots(inputs), spec.package);
  await rm(log, { force: true });
  await removeLayer(kept);
  const started = performance.now();
  const parts = { srpm: 0, builddep: 0, build: 0 };
  const timed = async <T>(part: keyof typeof parts, work: Promise<T>): Promise<T> => {
    const start = performance.now();
    const done = await work;
    parts[part] = rounded(performance.now() - start);
    return done;
  };
  try {
    const staging = await stage(workshop, spec, files);
    const srpm = await timed('srpm', packSrpm(workshop, spec, staging, log));
    const root = await timed('builddep', enterRoot(workshop, keyed, layer));
    await timed('build', runRpmbuild('rpms', { workshop, spec, root, staging, log }));
    const filesDir = aside(join(places.staging(inputs), `${spec.package}.result`));
    const rpms = await collectRpms(root, [`${topDir}/RPMS`], filesDir, context.signal);
    await rename(srpm, join(filesDir, basename(srpm)));
    const result: Result = {
      schema: 'azl/result',
      version: 1,
      package: spec.package,
      key: keyed.key,
      components: keyed.components,
      srpm: await readSrpm(join(filesDir, basename(srpm))),
      rpms: await checkedRpms(spec, filesDir, rpms, basename(srpm), tree.toolchain.arch),
      seconds: rounded(performance.now() - started),
      parts,
    };
    await workshop.store.put(result, filesDir);
    await removeLayer(layer);
    await rm(staging, { recursive: true, force: true });
    return result;
  } catch (error) {
    context.signal.throwIfAborted();
    await mkdir(places.failedRoots(inputs), { recursive: true });
    await rename(layer, kept).catch(() => {});
    if (error instanceof ToolError) throw new BuildFailed(`${error.argv[0]} ended with ${error.code}`, log);
    if (error instanceof TransactionError || error instanceof WrongBuildRoot)
      throw new BuildFailed(error.message, log);
    throw error;
  }
}

/** Milliseconds as seconds, to a hundredth. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds / 10) / 100;
}

/** Makes the build root that a key lists. */
export async function enterRoot(
  workshop: Workshop,
  keyed: Pick<Keyed, 'installed' | 'packages'>,
  layer: string,
): Promise<Root> {
  const { tree, store } = workshop;
  const toolchain = new Map(tree.toolchain.rpms.map((rpm) => [rpm.file, rpm]));
  const local = new Map<string, { rpm: Rpm; result: Result }>();
  for (const name of keyed.packages) {
    const result = tree.graph.results.get(name);
    for (const rpm of result?.rpms ?? []) local.set(rpm.file, { rpm, result: result as Result });
  }
  const folders = new Map<Rpm, string>();
  const installed: RootRpm[] = [];
  for (const { origin, file } of keyed.installed) {
    const found = local.get(file);
    if (origin === 'toolchain' || found === undefined) {
      installed.push({ origin: 'toolchain', rpm: toolchain.get(file) as Rpm });
      continue;
    }
    folders.set(found.rpm, await store.open(found.result));
    installed.push({ origin, rpm: found.rpm });
  }
  return await makeBuildRoot({
    toolchain: tree.toolchain,
    toolchainDir: workshop.toolchainDir,
    layer,
    installed,
    folderOf: (rpm) => folders.get(rpm) as string,
    signal: workshop.context.signal,
  });
}

/** Reads what rpmbuild made, and refuses what is not this package's. */
async function checkedRpms(
  spec: Spec,
  dir: string,
  files: readonly string[],
  srpm: string,
  arch: string,
): Promise<Rpm[]> {
  const rpms = await Promise.all(files.map((file) => readRpm(join(dir, file))));
  for (const rpm of rpms) {
    if (rpm.sourceRpm !== srpm)
      throw new Error(`${rpm.file} says it was built from ${rpm.sourceRpm}, not from ${srpm}`);
    if (rpm.arch !== arch && rpm.arch !== 'noarch')
      throw new Error(`${rpm.file} of ${spec.package} is for ${rpm.arch}`);
  }
  if (rpms.length === 0) throw new Error(`${spec.package} made no RPM: its spec has no %files section`);
  return rpms.sort((a, b) => (a.file < b.file ? -1 : 1));
}
