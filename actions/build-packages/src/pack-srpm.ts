import { chmod, copyFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { collectRpms } from '../../../src/shared/buildroot/collect.ts';
import {
  type BuildStep,
  buildEnvironment,
  policyMacros,
  rpmbuildArguments,
  sourceDateEpoch,
  topDir,
} from '../../../src/shared/buildroot/recipe.ts';
import {
  type Bind,
  createLayer,
  type Root,
  removeLayer,
  runInSandbox,
} from '../../../src/shared/buildroot/sandbox.ts';
import type { ToolOptions, ToolResult } from '../../../src/shared/host/process.ts';
import type { Spec } from '../../../src/shared/spec/spec.ts';
import { places, type Workshop } from './workshop.ts';

/** The policy macros, where rpm reads them last. */
function macrosBind(staging: string): Bind {
  return { source: join(staging, policyMacros.name), target: `/etc/rpm/${policyMacros.name}` };
}

/** Lays out a package's spec and sources below `staging`, as rpmbuild finds them in SPECS/ and SOURCES/. */
export async function stage(
  workshop: Workshop,
  spec: Spec,
  files: ReadonlyMap<string, string>,
): Promise<string> {
  const staging = join(places.staging(workshop.inputs), spec.package);
  await rm(staging, { recursive: true, force: true });
  const folder = join(workshop.inputs.specsDir, spec.path, '..');
  const copies: [string, string][] = [
    [join(workshop.inputs.specsDir, spec.path), join('SPECS', basename(spec.path))],
    ...spec.includes.map(({ name }): [string, string] => [
      join(folder, name),
      join('SOURCES', basename(name)),
    ]),
    ...[...files].map(([name, path]): [string, string] => [path, join('SOURCES', name)]),
  ];
  for (const dir of ['SPECS', 'SOURCES', 'srpm']) await mkdir(join(staging, dir), { recursive: true });
  await writeFile(join(staging, policyMacros.name), policyMacros.text);
  for (const [from, to] of copies) {
    const target = join(staging, to);
    await copyFile(from, target);
    await chmod(target, 0o644);
    await utimes(target, sourceDateEpoch, sourceDateEpoch);
  }
  return staging;
}

/** One run of rpmbuild: which package, in which root, from which staged files, with its words added to `log`. */
export interface RpmbuildRun {
  workshop: Workshop;
  spec: Spec;
  root: Root;
  staging: string;
  log: string;
}

/** Runs one step of rpmbuild over a staged package. @throws ToolError as `runTool` does, unless `ok` lists its code */
export async function runRpmbuild(
  step: BuildStep,
  run: RpmbuildRun,
  ok: ToolOptions['ok'] = [0],
): Promise<ToolResult> {
  const { workshop, spec, root, staging, log } = run;
  return await runInSandbox(rpmbuildArguments(step, basename(spec.path), workshop.tree.defines), {
    root,
    cwd: topDir,
    env: buildEnvironment,
    binds: [
      macrosBind(staging),
      { source: join(staging, 'SPECS'), target: `${topDir}/SPECS` },
      { source: join(staging, 'SOURCES'), target: `${topDir}/SOURCES` },
    ],
    log,
    signal: workshop.context.signal,
    ok,
  });
}

/** Packs the SRPM of a staged package in a plain worker root. Answers its path. */
export async function packSrpm(
  workshop: Workshop,
  spec: Spec,
  staging: string,
  log: string,
): Promise<string> {
  const layer = await createLayer(join(places.layers(workshop.inputs), `${spec.package}.srpm`));
  const root: Root = { worker: join(workshop.toolchainDir, 'worker'), layer };
  try {
    await runRpmbuild('srpm', { workshop, spec, root, staging, log });
    const [file, ...more] = await collectRpms(
      root,
      [`${topDir}/SRPMS`],
      join(staging, 'srpm'),
      workshop.context.signal,
    );
    if (file === undefined || more.length > 0)
      throw new Error(`rpmbuild made ${more.length + 1} SRPMs of ${spec.package}`);
    return join(staging, 'srpm', file);
  } finally {
    await removeLayer(layer);
  }
}
