import { lstat, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest } from '../host/digests.ts';
import type { Result, Srpm } from '../model/build-result.ts';
import { DamagedResultError } from './store.ts';

/** The manifest, beside the files that it lists. */
export const manifestFile = 'result.json';

/** Where the files of a result lie in an artifact, and in an entry of the cache: as in a directory store below `results`. */
export function resultFiles(result: Result): string[] {
  return [result.srpm, ...result.rpms].map(({ file }) => join(resultFolder(result), file));
}

/** The folder that holds them. */
export function resultFolder({ key }: Pick<Result, 'key'>): string {
  return join(key.slice(0, 2), key);
}

/** Whether an RPM, by its file name, is for people who look for faults: no build and no image asks for it. */
export function isDebug(file: string): boolean {
  return /-debug(?:info|source)-[^/]*$/.test(file);
}

/** The files of a result that a build or an image may ask for. */
export function mainFiles({ rpms }: Pick<Result, 'rpms'>): Result['rpms'] {
  return rpms.filter(({ file }) => !isDebug(file));
}

/** Where these lie: see {@link resultFiles}. */
export function mainPaths(result: Result): string[] {
  return mainFiles(result).map(({ file }) => join(resultFolder(result), file));
}

/** Bytes of the files of a result. */
export function bytesOf({ srpm, rpms }: Pick<Result, 'srpm' | 'rpms'>): number {
  return [srpm, ...rpms].reduce((sum, { size }) => sum + size, 0);
}

/**
 * Moves files of a result to a new folder: plain files of the right bytes, and nothing else. Answers what is wrong with
 * one.
 */
export async function takeFiles(
  result: Result,
  dir: string,
  taken: string,
  files: readonly Srpm[] = [result.srpm, ...result.rpms],
): Promise<DamagedResultError | undefined> {
  const folder = join(dir, resultFolder(result));
  await mkdir(taken);
  for (const { file, size, shipDigest } of files) {
    const found = await lstat(join(folder, file)).catch(() => undefined);
    if (found?.isFile() !== true)
      return new DamagedResultError(result, file, 'is not there, or is no plain file');
    if (found.size !== size || (await fileDigest(join(folder, file))) !== shipDigest)
      return new DamagedResultError(result, file, 'has another SHA-256 than its manifest says');
    await rename(join(folder, file), join(taken, file));
  }
  return undefined;
}

/** Whether two results under one key are the same build, not only as good as each other. */
export function hasBytesOf(a: Result, b: Result): boolean {
  const bytes = ({ srpm, rpms }: Result) => [srpm, ...rpms].map(({ shipDigest }) => shipDigest).join();
  return bytes(a) === bytes(b);
}
