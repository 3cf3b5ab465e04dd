import { copyFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { constant, list, map, object, plainName, text } from '../../base/schema.ts';
import { hasArtifacts } from '../../github/run.ts';
import { fileDigest } from '../../host/digests.ts';
import { linkFile, replaceFile } from '../../host/files.ts';
import { makeOwnFolder } from '../../host/folders.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import type { Result, Srpm, StoredParts } from '../../model/build-result.ts';
import { filesWithoutDebug } from '../../store/result-files.ts';
import type { ResultFiles } from '../../store/store.ts';
import { openStored } from '../../store/store.ts';
import { writeRepository } from './repodata.ts';

/** The repository of a tree: the folders `RPMS` and `SRPMS` in `outDir`. */
export interface OwnRepository {
  outDir: string;
  arch: string;
  /** The tree's packages, by name. */
  packages: { has(name: string): boolean };
}

/** `out/packages.json`: the published files of each package, below `out-dir`. */
interface Inventory {
  schema: 'azl/packages';
  version: 1;
  packages: Record<string, { files: string[] }>;
}

const inventorySchema = object<Inventory>({
  schema: constant('azl/packages'),
  version: constant(1),
  packages: map(object<Inventory['packages'][string]>({ files: list(text(4096), 10_000) }), plainName),
});

const inventoryFile = 'packages.json';
const srpmFolder = 'SRPMS';

/** Returns the path of an RPM below `out-dir`. Pure. */
export function publishedPath(rpm: { file: string; arch: string }): string {
  return join('RPMS', rpm.arch, rpm.file);
}

/** Returns the available files of a result, each with its path below `out-dir`. Pure. */
export function publishedFiles(result: Result, stored: StoredParts): (Srpm & { path: string })[] {
  const { rpms, srpm } = result;
  const placed = (files: typeof rpms) => files.map((rpm) => ({ ...rpm, path: publishedPath(rpm) }));
  if (stored === 'without-debug') return placed(filesWithoutDebug(result));
  return [...placed(rpms), { ...srpm, path: join(srpmFolder, srpm.file) }];
}

/**
 * Publishes results. Afterwards the repository holds exactly the RPMs and SRPMs of `results`, and those of the tree's
 * packages that are not in `touched`. All other RPMs are removed: of failed or removed packages, older versions, and
 * files of no package.
 * @param touched the packages of this run, by name
 */
export async function publish(
  repository: OwnRepository,
  { store, log, signal }: { store: ResultFiles; log: Log; signal: AbortSignal },
  results: readonly Result[],
  touched: readonly string[],
): Promise<void> {
  const { outDir, arch } = repository;
  const packages = await publishedBefore(repository);
  for (const name of touched) delete packages[name];
  const folders = ['RPMS', join('RPMS', arch), join('RPMS', 'noarch'), srpmFolder];
  for (const folder of folders) await makeOwnFolder(join(outDir, folder));
  for (const result of results) {
    const { folder, parts } = await openStored(store, result);
    const files = publishedFiles(result, parts);
    for (const { file, path, shipDigest } of files)
      await put(join(folder, file), join(outDir, path), shipDigest);
    packages[result.package] = { files: files.map(({ path }) => path) };
  }
  await removeOthers(outDir, folders, packages);
  await writeRepository(join(outDir, 'RPMS'), log, signal);
}

/** Publishes the SRPM of a package in place of its previous one. Returns its path. */
export async function publishSrpm(repository: OwnRepository, name: string, srpm: string): Promise<string> {
  const { outDir } = repository;
  const packages = await publishedBefore(repository);
  const path = join(srpmFolder, basename(srpm));
  await makeOwnFolder(join(outDir, srpmFolder));
  await put(srpm, join(outDir, path), await fileDigest(srpm));
  const rpms = packages[name]?.files.filter((file) => !file.startsWith(`${srpmFolder}/`)) ?? [];
  packages[name] = { files: [...rpms, path] };
  await removeOthers(outDir, [srpmFolder], packages);
  return join(outDir, path);
}

/** Returns the files that the tree's packages published in earlier runs. */
async function publishedBefore({ outDir, packages }: OwnRepository): Promise<Inventory['packages']> {
  const before = await readJson(inventorySchema, join(outDir, inventoryFile));
  return Object.fromEntries(Object.entries(before?.packages ?? {}).filter(([name]) => packages.has(name)));
}

/** Removes every RPM in `folders` that belongs to no package, and writes the inventory. */
async function removeOthers(
  outDir: string,
  folders: readonly string[],
  packages: Inventory['packages'],
): Promise<void> {
  const current = new Set(Object.values(packages).flatMap(({ files }) => files));
  for (const folder of folders) {
    for (const name of await readdir(join(outDir, folder))) {
      const path = join(folder, name);
      if (/\.rpm(\.[^/]*\.part)?$/.test(name) && !current.has(path))
        await rm(join(outDir, path), { force: true });
    }
  }
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  const inventory: Inventory = { schema: 'azl/packages', version: 1, packages: sorted };
  await writeJson(join(outDir, inventoryFile), inventory);
}

/**
 * Puts a file to another place in one rename, unless the same bytes are there. On a runner, whose disk is small and not
 * used again, it is a hard link; elsewhere a copy, because a user may change either file.
 */
async function put(from: string, to: string, digest: string): Promise<void> {
  const present = await fileDigest(to).catch(() => undefined);
  if (present === digest) return;
  await replaceFile(to, (part) => (hasArtifacts() ? linkFile(from, part) : copyFile(from, part)));
}
