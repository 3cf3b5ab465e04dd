import { chmod, copyFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { problem } from '../base/problems.ts';
import {
  type BuildStep,
  copyStagedCommand,
  copyStagedSandbox,
  rpmbuildArguments,
  rpmbuildSandbox,
  staged,
} from '../cache-key/recipe.ts';
import { fileDigest } from '../host/digests.ts';
import { removeTree } from '../host/folders.ts';
import type { ToolOptions, ToolResult } from '../host/process.ts';
import type { Capability } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { collectRpms } from '../sandbox/collect.ts';
import { limitsOf, type Step } from '../sandbox/limits.ts';
import { createOverlay, type Root } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { specFile } from '../specs/find.ts';
import { policyMacros, topDir } from '../specs/macros/policy.ts';
import { type BuildContext, paths } from './build-context.ts';
import { onLimit } from './build-failed.ts';
import { checkSrpm } from './check-srpm.ts';

/** The staging folder of a package. */
export function stagingFolder({ inputs }: BuildContext, spec: Spec): string {
  return join(paths.staging(inputs), spec.package);
}

/**
 * Copies a package's spec and sources into its staging folder, as rpmbuild finds them in SPECS/ and SOURCES/.
 * @param files path of each source and patch by base name
 * @returns the staging folder
 * @throws ProblemsError when a file changed after the package's key was computed
 */
export async function stage(
  context: BuildContext,
  spec: Spec,
  files: ReadonlyMap<string, string>,
): Promise<string> {
  const { tree } = context;
  const staging = stagingFolder(context, spec);
  await rm(staging, { recursive: true, force: true });
  const folders = [staged.spec, staged.sources, 'srpm'].map((name) => join(staging, name));
  for (const dir of folders) await mkdir(dir, { recursive: true });
  // The builder reads these folders, whatever our umask is; nobody else may enter the staging folder.
  for (const dir of folders) await chmod(dir, 0o755);
  await chmod(staging, 0o700);
  await writeFile(join(staging, staged.macros), policyMacros.text);
  await chmod(join(staging, staged.macros), staged.mode);
  const copy = async (from: string, to: string, digest: string | undefined, isProgram = false) => {
    const target = join(staging, to);
    await copyFile(from, target);
    if ((await fileDigest(target)) !== digest)
      throw problem(`'${from}' changed during the run`, { hint: 'Run the same command again.' });
    await chmod(target, isProgram ? staged.programMode : staged.mode);
    await utimes(target, staged.time, staged.time);
  };
  const file = specFile(spec);
  await copy(file, join(staged.spec, basename(file)), spec.digest);
  for (const { name, digest, executable } of spec.includes) {
    for (const above of foldersAbove(name)) {
      await mkdir(join(staging, staged.sources, above), { recursive: true });
      await chmod(join(staging, staged.sources, above), 0o755);
    }
    await copy(join(file, '..', name), join(staged.sources, name), digest, executable);
  }
  const digests = await tree.sources(spec.package);
  const programs = new Set(spec.sources.filter(({ executable }) => executable).map(({ name }) => name));
  for (const [name, from] of files)
    await copy(from, join(staged.sources, name), digests[name], programs.has(name));
  return staging;
}

/** The folders that a relative path leads through, the outermost first. Pure. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** One run of rpmbuild over staged files. Its output is added to `log`. */
export interface RpmbuildRun {
  context: BuildContext;
  spec: Spec;
  root: Root;
  staging: string;
  log: string;
  /** Requirements that its `%generate_buildrequires` named. */
  generated?: readonly Capability[] | undefined;
}

const limitedAs = {
  ...{ srpm: 'srpm', requirements: 'build', rpms: 'build' },
  ...{ check: 'check', 'check requirements': 'check' },
} as const satisfies Record<BuildStep, Step>;

/** Runs one step of rpmbuild over a staged package. @throws ToolError as `runTool` does, unless `ok` lists its code */
export async function runRpmbuild(
  step: BuildStep,
  run: RpmbuildRun,
  ok: ToolOptions['ok'] = [0],
): Promise<ToolResult> {
  const { context, spec, root, staging, log, generated } = run;
  const within = (limited: Step) => ({
    limits: limitsOf(limited, context.inputs.packageLimits, spec.package),
    ...{ log, signal: context.signal, timeoutSeconds: context.buildTime?.left() },
  });
  // The sources are packed before anything is installed that could need it.
  const policies = step === 'srpm' ? [] : context.tree.policiesOf(spec.package);
  if (step !== 'srpm') {
    const copying = { ...copyStagedSandbox(root, staging, policies), ...within('srpm') };
    await runInSandbox(copyStagedCommand(), copying);
  }
  return await runInSandbox(rpmbuildArguments(step, spec, context.tree.defines, generated), {
    ...{ ...rpmbuildSandbox(step, root, staging, policies), ...within(limitedAs[step]), ok },
  });
}

/** Packs the SRPM of a staged package in a root that holds the worker alone. Returns its path. @throws Error when it lacks a file */
export async function packSrpm(context: BuildContext, spec: Spec, staging: string, log: string) {
  const overlay = await createOverlay(join(paths.overlays(context.inputs), `${spec.package}.srpm`));
  const root: Root = { worker: join(context.toolchainDir, 'worker'), overlay };
  try {
    await runRpmbuild('srpm', { context, spec, root, staging, log });
    const dir = join(staging, 'srpm');
    const limits = limitsOf('collect', context.inputs.packageLimits, spec.package);
    const found = collectRpms(root, [`${topDir}/SRPMS`], dir, { limits, signal: context.signal });
    const [file, ...more] = await found.catch(onLimit('taking its SRPM out of its root'));
    if (file === undefined || more.length > 0)
      throw new Error(`rpmbuild made ${more.length + 1} SRPMs of ${spec.package}`);
    await checkSrpm(join(dir, file), spec, await context.tree.sources(spec.package));
    return join(dir, file);
  } finally {
    await removeTree(overlay);
  }
}
