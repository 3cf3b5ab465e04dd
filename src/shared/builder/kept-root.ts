import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rpmbuildSandbox, stagingBinds } from '../cache-key/recipe.ts';
import { isAbsent } from '../host/files.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import type { SandboxOptions } from '../sandbox/arguments.ts';
import { createOverlay } from '../sandbox/overlay.ts';

/**
 * What a failed build leaves for a person to look into: its overlay, and in that
 *
 *     staging/     what rpmbuild saw as SPECS/ and SOURCES/, and its macros
 *     kept.json    this
 */
export interface KeptRoot {
  schema: 'azl/kept-root';
  version: 1;
  package: string;
  /** Of the worker that the overlay lies over. */
  workerDigest: string;
  /** What rpmbuild was started with. */
  argv: string[];
}

const noteFile = 'kept.json';

/** Puts the overlay and the staging folder of a failed build aside as `dir`, which is not there. Without an overlay: a fresh one. */
export async function keepRoot(
  { overlay, staging }: { overlay: string; staging: string },
  dir: string,
  note: Pick<KeptRoot, 'package' | 'workerDigest' | 'argv'>,
): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  await rename(overlay, dir).catch(async (error: unknown) => {
    if (!isAbsent(error)) throw error;
    await createOverlay(dir);
  });
  await rename(staging, join(dir, 'staging'));
  await writeJson(join(dir, noteFile), { schema: 'azl/kept-root', version: 1, ...note } satisfies KeptRoot);
}

/** What is known of a kept root; undefined when it is none that this version left. */
export async function readKeptRoot(dir: string): Promise<KeptRoot | undefined> {
  const note = await readJson<KeptRoot>(join(dir, noteFile));
  return note?.schema === 'azl/kept-root' && note.version === 1 ? note : undefined;
}

/** The sandbox in which the build of a kept root can be repeated: as it was, but SPECS and SOURCES may be changed. */
export function keptSandbox(worker: string, dir: string): SandboxOptions {
  const staging = join(dir, 'staging');
  return { ...rpmbuildSandbox({ worker, overlay: dir }, staging), binds: stagingBinds(staging, true) };
}
