import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BuildContext } from '../../builder/build-context.ts';
import { hasArtifacts } from '../../github/run.ts';
import { fileDigest } from '../../host/digests.ts';
import { linkFile, tempSibling } from '../../host/files.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import type { Result, Srpm } from '../../model/build-result.ts';
import type { Kept } from '../../model/stored-parts.ts';
import { openStored } from '../../store/open-stored.ts';
import { filesWithoutDebug } from '../../store/result-files.ts';
import { writeRepository } from './repodata.ts';

/** `out/packages.json`: which files below `out-dir` each package published. */
interface Inventory {
  schema: 'azl/packages';
  version: 1;
  packages: Record<string, { files: string[] }>;
}

const inventoryFile = 'packages.json';
const srpmFolder = 'SRPMS';

/** Where an RPM lies below `out-dir`. */
export function publishedPath(rpm: { file: string; arch: string }): string {
  return join('RPMS', rpm.arch, rpm.file);
}

/** The files of a result of which this much can be had, and where each lies below `out-dir`. */
export function publishedFiles(result: Result, kept: Kept): (Srpm & { path: string })[] {
  const { rpms, srpm } = result;
  const placed = (files: typeof rpms) => files.map((rpm) => ({ ...rpm, path: publishedPath(rpm) }));
  if (kept === 'main') return placed(filesWithoutDebug(result));
  return [...placed(rpms), { ...srpm, path: join(srpmFolder, srpm.file) }];
}

/**
 * Makes `out-dir` hold exactly the current RPMs and SRPMs: of `results`, and of packages of the tree that this run did
 * not touch. RPMs of packages that failed or left the tree, older versions, and files that no package claims go.
 */
export async function publish(
  context: BuildContext,
  results: readonly Result[],
  touched: readonly string[],
): Promise<void> {
  const { inputs, store, tree, log, signal } = context;
  const packages = await published(context);
  for (const name of touched) delete packages[name];
  const rpmFolders = ['RPMS', join('RPMS', tree.toolchain.arch), join('RPMS', 'noarch')];
  const folders = [...rpmFolders, srpmFolder];
  for (const folder of folders) await mkdir(join(inputs.outDir, folder), { recursive: true });
  for (const result of results) {
    const { folder, parts } = await openStored(store, result);
    const files = publishedFiles(result, parts);
    for (const { file, path, shipDigest } of files)
      await put(join(folder, file), join(inputs.outDir, path), shipDigest);
    packages[result.package] = { files: files.map(({ path }) => path) };
  }
  await keepOnly(inputs.outDir, folders, packages);
  await writeRepository(join(inputs.outDir, 'RPMS'), log, signal);
}

/** Puts a package's SRPM into `out-dir`; one that no package claims any more goes. Answers where it lies. */
export async function publishSrpm(context: BuildContext, name: string, srpm: string): Promise<string> {
  const { outDir } = context.inputs;
  const packages = await published(context);
  const path = join(srpmFolder, basename(srpm));
  await mkdir(join(outDir, srpmFolder), { recursive: true });
  await put(srpm, join(outDir, path), await fileDigest(srpm));
  const rpms = packages[name]?.files.filter((file) => !file.startsWith(`${srpmFolder}/`)) ?? [];
  packages[name] = { files: [...rpms, path] };
  await keepOnly(outDir, [srpmFolder], packages);
  return join(outDir, path);
}

/** What the packages of the tree published before. */
async function published({ inputs, tree }: BuildContext): Promise<Inventory['packages']> {
  const before = await readJson<Inventory>(join(inputs.outDir, inventoryFile));
  const known = Object.entries(before?.packages ?? {}).filter(([name]) => tree.declared.specs.has(name));
  return Object.fromEntries(known);
}

/** Removes every RPM in `folders` that no package claims, and writes down who claims what. */
async function keepOnly(
  outDir: string,
  folders: readonly string[],
  packages: Inventory['packages'],
): Promise<void> {
  const claimed = new Set(Object.values(packages).flatMap(({ files }) => files));
  for (const folder of folders) {
    for (const name of await readdir(join(outDir, folder))) {
      const path = join(folder, name);
      if (/\.rpm(\.[^/]*\.part)?$/.test(name) && !claimed.has(path))
        await rm(join(outDir, path), { force: true });
    }
  }
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  const inventory: Inventory = { schema: 'azl/packages', version: 1, packages: sorted };
  await writeJson(join(outDir, inventoryFile), inventory);
}

/**
 * Puts a file to another place, where it appears whole. One that is there with the same bytes is left as it is. On a
 * runner, whose disk is small and soon gone, both places share the bytes; elsewhere somebody might write into one.
 */
async function put(from: string, to: string, digest: string): Promise<void> {
  const there = await fileDigest(to).catch(() => undefined);
  if (there === digest) return;
  const part = tempSibling(to);
  try {
    if (hasArtifacts()) await linkFile(from, part);
    else await copyFile(from, part);
    await rename(part, to);
  } finally {
    await rm(part, { force: true });
  }
}
