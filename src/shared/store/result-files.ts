import { lstat, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileDigest } from '../host/digests.ts';
import type { Result, Srpm } from '../model/build-result.ts';
import type { Rpm } from '../model/rpm.ts';
import { RpmFormatError } from '../rpm/header.ts';
import { readRpm } from '../rpm/read.ts';
import { DamagedResultError } from './store.ts';

/** The manifest, beside the files that it lists. */
export const manifestFile = 'result.json';

/** Bytes of a manifest: several times that of a kernel with its sources. */
export const mostManifestBytes = 128e6;

/** The paths of a result's files in an artifact, in a cache entry, and in a directory store below `results`. */
export function resultFiles(result: Result): string[] {
  return [result.srpm, ...result.rpms].map(({ file }) => join(resultFolder(result), file));
}

/** The folder of these paths. */
export function resultFolder({ key }: Pick<Result, 'key'>): string {
  return join(key.slice(0, 2), key);
}

/** True if an RPM, by its file name, holds debug symbols or debug sources: no build and no image needs it. */
export function isDebug(file: string): boolean {
  return /-debug(?:info|source)-[^/]*$/.test(file);
}

/** The RPMs of a result that a build or an image may need. */
export function filesWithoutDebug({ rpms }: Pick<Result, 'rpms'>): Result['rpms'] {
  return rpms.filter(({ file }) => !isDebug(file));
}

/** Their paths: see {@link resultFiles}. */
export function pathsWithoutDebug(result: Result): string[] {
  return filesWithoutDebug(result).map(({ file }) => join(resultFolder(result), file));
}

/** Bytes of all files of a result. */
export function bytesOf({ srpm, rpms }: Pick<Result, 'srpm' | 'rpms'>): number {
  return [srpm, ...rpms].reduce((sum, { size }) => sum + size, 0);
}

/**
 * Moves files of a result from `dir` to `taken`, a new folder: regular files with the right bytes, and nothing else.
 * @throws DamagedResultError for the first file that is missing or different
 */
export async function takeFiles(
  result: Result,
  dir: string,
  taken: string,
  files: readonly Srpm[] = [result.srpm, ...result.rpms],
): Promise<void> {
  const folder = join(dir, resultFolder(result));
  await mkdir(taken);
  for (const file of files) {
    await checkFile(result, file, folder);
    if ('outputDigest' in file) await checkHeader(result, file as Rpm, folder);
    await rename(join(folder, file.file), join(taken, file.file));
  }
}

/** Checks that a file of a result lies in `folder`. @throws DamagedResultError */
export async function checkFile(
  result: Result,
  { file, size, shipDigest }: Srpm,
  folder: string,
): Promise<void> {
  const path = join(folder, file);
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) throw new DamagedResultError(result, file, 'is missing, or is no plain file');
  if (found.size !== size)
    throw new DamagedResultError(result, file, `has ${found.size} bytes instead of ${size}`);
  if ((await fileDigest(path)) !== shipDigest)
    throw new DamagedResultError(result, file, 'has another SHA-256 than its manifest says');
}

/**
 * Compares what a manifest says of an RPM with the RPM itself: name, version, dependencies, paths, digests.
 * @throws DamagedResultError
 */
async function checkHeader(result: Result, rpm: Rpm, folder: string): Promise<void> {
  const found = await readRpm(join(folder, rpm.file)).catch((error: unknown) => {
    if (error instanceof RpmFormatError) throw new DamagedResultError(result, rpm.file, error.message);
    throw error;
  });
  const differing = Object.keys(rpm).filter(
    (field) => !isDeepStrictEqual(found[field as keyof Rpm], rpm[field as keyof Rpm]),
  );
  if (differing.length > 0)
    throw new DamagedResultError(
      result,
      rpm.file,
      `has another header than its manifest says (${differing.join(', ')})`,
    );
}

/** True if two results under one key are the same build, byte for byte. */
export function hasBytesOf(a: Result, b: Result): boolean {
  const bytes = ({ srpm, rpms }: Result) => [srpm, ...rpms].map(({ shipDigest }) => shipDigest).join();
  return bytes(a) === bytes(b);
}
