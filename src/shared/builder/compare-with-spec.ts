import { basename, join } from 'node:path';
import { staged } from '../cache-key/recipe.ts';
import { removeTree } from '../host/folders.ts';
import { runTool } from '../host/process.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Root } from '../sandbox/overlay.ts';
import { differences } from '../specs/differences.ts';
import { specFile } from '../specs/find.ts';
import { policyMacros } from '../specs/macros/policy.ts';
import { parseSpecs } from '../specs/parse.ts';
import { type BuildContext, paths } from './build-context.ts';

/** A build whose RPMs are compared with what the plan parsed. */
export interface BuiltPackage {
  spec: Spec;
  rpms: readonly Rpm[];
  staging: string;
  /** Makes the root of this build once more, as it was when rpmbuild started, in an overlay. */
  enterAgain: (overlay: string) => Promise<Root>;
}

/**
 * Compares the RPMs of a build with its spec. Where they differ, the spec is parsed once more in a fresh copy of the build
 * root. If that parse agrees with the RPMs, the difference follows from what is installed there, and is only reported.
 * @throws Error when it follows from something else, which is in no key
 */
export async function compareWithSpec(context: BuildContext, built: BuiltPackage): Promise<void> {
  const { spec, rpms } = built;
  const difference = differences(spec, rpms);
  if (difference === undefined) return;
  const inRoot = await parseInRoot(context, built);
  if (inRoot === undefined || differences(inRoot, rpms) !== undefined)
    throw new Error(`${difference}. What a spec says may not depend on who reads it, or when`);
  const message = `${difference}. It follows from what is installed in its build root`;
  context.log.warn({ message, file: specFile(spec) });
}

/**
 * Parses a staged spec in a fresh copy of its build root; undefined when it cannot be parsed there. Scriptlets of the
 * packages in it may have replaced python or rpm. They are in this package's key, and the answer counts for it alone.
 */
async function parseInRoot(context: BuildContext, built: BuiltPackage): Promise<Spec | undefined> {
  const { inputs, tree, toolchainDir, log, signal } = context;
  const { spec, staging } = built;
  const specsDir = join(staging, 'again');
  const overlaysDir = paths.overlays(inputs);
  const overlay = join(overlaysDir, `${spec.package}.again`);
  try {
    // Hard links: Sources may be large.
    await runTool(['cp', '--archive', '--link', '--', join(staging, staged.sources), specsDir]);
    const file = join(staging, staged.spec, basename(spec.path));
    await runTool(['cp', '--archive', '--link', '--', file, specsDir]);
    await built.enterAgain(overlay);
    const { specs } = await parseSpecs({
      ...{ specsDirs: [specsDir], worker: join(toolchainDir, 'worker'), overlay, overlaysDir, log, signal },
      ...{
        macroFiles: [policyMacros],
        defines: { ...tree.defines, ...spec.versionMacros },
        arch: tree.toolchain.arch,
        jobs: 1,
      },
    });
    // A Source may have the name of another spec.
    return specs.find(({ path }) => path === basename(spec.path));
  } finally {
    await removeTree(overlay);
    await removeTree(specsDir);
  }
}
