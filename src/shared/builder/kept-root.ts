import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { boolean, constant, digest, list, object, plainName, text } from '../base/schema.ts';
import { copyStagedCommand, copyStagedSandbox, rpmbuildSandbox } from '../cache-key/recipe.ts';
import { isAbsent } from '../host/files.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import type { BuildPolicy } from '../model/build-policy.ts';
import type { SandboxOptions } from '../sandbox/arguments.ts';
import { createOverlay } from '../sandbox/overlay.ts';
import { runInSandbox } from '../sandbox/run.ts';
import { topDir } from '../specs/macros/policy.ts';

/**
 * The root of a failed build, kept for debugging: its overlay, and in it
 *
 *     staging/     the files that rpmbuild saw as SPECS/ and SOURCES/, and its macros
 *     kept.json    this
 */
export interface KeptRoot {
  schema: 'azl/kept-root';
  version: 4;
  package: string;
  /** Digest of the worker below the overlay. */
  workerDigest: string;
  /** The command line of rpmbuild. */
  argv: string[];
  /** True if it was root of its sandbox. */
  asRoot: boolean;
  /** Its log, a file of the folder with logs. */
  log: string;
}

const keptRootSchema = object<KeptRoot>({
  ...{ schema: constant('azl/kept-root'), version: constant(4), package: plainName, workerDigest: digest },
  ...{ argv: list(text(), 10_000), asRoot: boolean, log: plainName },
});

const noteFile = 'kept.json';

/** Moves the overlay (an empty one where there is none) and the staging folder of a failed build to `dir`, which is absent. */
export async function keepRoot(
  { overlay, staging }: { overlay: string; staging: string },
  dir: string,
  note: Pick<KeptRoot, 'package' | 'workerDigest' | 'argv' | 'asRoot' | 'log'>,
): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  await rename(overlay, dir).catch(async (error: unknown) => {
    if (!isAbsent(error)) throw error;
    await createOverlay(dir);
  });
  await rename(staging, join(dir, 'staging'));
  await writeJson(join(dir, noteFile), { schema: 'azl/kept-root', version: 4, ...note } satisfies KeptRoot);
}

/** The description of a kept root; undefined when this version of azl did not keep it. */
export async function readKeptRoot(dir: string): Promise<KeptRoot | undefined> {
  return await readJson(keptRootSchema, join(dir, noteFile));
}

/**
 * Prepares a kept root for a person, who may repeat its build: files of SPECS and SOURCES that are gone are there again, and
 * what was changed stays so. Where that cannot be, for what the build made of these folders, the root is shown as it is.
 * @returns the sandbox of its build
 */
export async function enterKept(worker: string, dir: string, asRoot: boolean): Promise<SandboxOptions> {
  const [root, staging] = [{ worker, overlay: dir }, join(dir, 'staging')];
  const policies: BuildPolicy[] = asRoot ? ['build-as-root'] : [];
  await runInSandbox(copyStagedCommand(true), { ...copyStagedSandbox(root, staging, policies), ok: 'any' });
  return { ...rpmbuildSandbox('rpms', root, staging, policies), cwd: topDir };
}
