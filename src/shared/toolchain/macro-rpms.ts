import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { order } from '../base/order.ts';
import { constant, digest, object } from '../base/schema.ts';
import { ifAbsent, linkFile, tempSibling } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import type { Rpm } from '../model/rpm.ts';
import { baseRpms, type Toolchain, toolchainSchema } from '../model/toolchain.ts';
import { folderMode, stampFile } from './folder.ts';
import { installWorker, workerDigest } from './worker.ts';

/** `macros.json` in the toolchain folder: the macro packages of a tree have been added to its worker. */
interface AddedMacros {
  schema: 'azl/macro-packages';
  version: 1;
  /** The digest of all that the added RPMs were built from. */
  stamp: string;
  /** The toolchain to which they were added. Its RPMs are all there. */
  base: Toolchain;
}

const addedFile = 'macros.json';

const addedSchema = object<AddedMacros>({
  ...{ schema: constant('azl/macro-packages'), version: constant(1) },
  ...{ stamp: digest, base: toolchainSchema },
});

/** Returns which macro packages the toolchain folder `dir` has been given; undefined when none. */
export async function readAddedMacros(dir: string): Promise<AddedMacros | undefined> {
  return await readJson(addedSchema, join(dir, addedFile));
}

/**
 * Returns the toolchain to which macro packages are added: without those that it has, and without stand-ins on demand, which
 * runs add again. Pure.
 */
export function baseOf(toolchain: Toolchain, added: AddedMacros | undefined): Toolchain {
  if (added !== undefined) return added.base;
  const { onDemand: _, ...base } = toolchain;
  return { ...base, rpms: baseRpms(toolchain) };
}

/** An RPM of a macro package, and its file. */
export interface MacroRpm {
  rpm: Rpm;
  path: string;
}

/** Returns a toolchain whose worker holds these RPMs besides, in place of those of the same names. Pure. */
export function withMacroRpms(base: Toolchain, added: readonly Rpm[]): Toolchain {
  const names = new Set(added.map(({ name }) => name));
  const rpms = [...base.rpms.filter(({ name }) => !names.has(name)), ...added];
  rpms.sort((a, b) => order(a.file, b.file));
  const held = new Set([...base.worker, ...added.map(({ file }) => file)]);
  const inWorker = rpms.filter(({ file }) => held.has(file));
  return {
    ...base,
    rpms,
    worker: inWorker.map(({ file }) => file),
    workerDigest: workerDigest(inWorker),
  };
}

/** Calls `body` with a folder that holds `base`, the toolchain without the macro packages that `dir` has. */
export async function withBaseFolder<T>(
  dir: string,
  base: Toolchain,
  body: (baseDir: string) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const part = tempSibling(dir);
  try {
    await fillFolder(part, dir, base, [], signal);
    return await body(part);
  } finally {
    await removeTree(part);
  }
}

/** Adds macro packages to the toolchain folder `dir`, or takes the added ones out. Returns its toolchain. */
export async function replaceMacros(
  dir: string,
  { base, stamp, added }: { base: Toolchain; stamp: string | undefined; added: readonly MacroRpm[] },
  signal?: AbortSignal,
): Promise<Toolchain> {
  const toolchain = withMacroRpms(
    base,
    added.map(({ rpm }) => rpm),
  );
  const part = tempSibling(dir);
  try {
    await fillFolder(part, dir, toolchain, added, signal);
    // Also those that it replaces: without the macro packages they are needed again.
    const held = new Set(toolchain.rpms.map(({ file }) => file));
    const replaced = base.rpms.filter(({ file }) => !held.has(file));
    for (const { file } of replaced) await linkFile(join(dir, 'RPMS', file), join(part, 'RPMS', file));
    await copyFile(join(dir, stampFile), join(part, stampFile)).catch(ifAbsent(undefined));
    if (stamp !== undefined)
      await writeJson(join(part, addedFile), { schema: 'azl/macro-packages', version: 1, stamp, base });
    await replaceDirectory(part, dir);
    return toolchain;
  } finally {
    await removeTree(part);
  }
}

/** Makes a toolchain folder of RPMs of another one and of others. */
async function fillFolder(
  part: string,
  from: string,
  toolchain: Toolchain,
  others: readonly MacroRpm[],
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(join(part, 'RPMS'), { recursive: true });
  await chmod(part, folderMode);
  const paths = new Map(others.map(({ rpm, path }) => [rpm.file, path]));
  for (const { file } of toolchain.rpms)
    await linkFile(paths.get(file) ?? join(from, 'RPMS', file), join(part, 'RPMS', file));
  await installWorker(part, toolchain.worker, signal);
  await writeJson(join(part, 'toolchain.json'), toolchain);
}
