import { realpath, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failOnProblems, type Problem, problem } from '../../base/problems.ts';
import { openPlainFile } from '../../host/plain-files.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import { type TarEntry, type TarTarget, unpackTar } from '../../host/unpack-tar.ts';
import type { Rpm } from '../../model/rpm.ts';
import { bounds } from '../check-toolchain.ts';
import { soundRpm } from './fetch-rpms.ts';
import type { ListedFile } from './parse-manifest.ts';
import { updateHint } from './read-manifests.ts';

/**
 * Takes the RPMs of a manifest out of a tar archive, which may be packed with gzip or zstd. It holds exactly those, in any
 * folders.
 * @param archive its path, as the user wrote it
 * @param to the folder that gets them, and the path of the manifest, for messages
 * @returns the facts of each, by file name
 * @throws ProblemsError that names each RPM that is missing, surplus, damaged or another one
 */
export async function unpackArchive(
  archive: string,
  wanted: readonly ListedFile[],
  { dir, manifest }: { dir: string; manifest: string },
): Promise<Map<string, Rpm>> {
  return await withTempDir(dirname(dir), 'archive-', async (temp) => {
    const problems = await unpack(archive, wanted, temp, manifest);
    const found = new Map<string, Rpm>();
    for (const { file, sha256 } of problems.length === 0 ? wanted : []) {
      const rpm = await soundRpm(join(temp, file));
      if (rpm === undefined)
        problems.push({ message: `Its ${file} is not that RPM, or damaged`, file: archive });
      else if (sha256 !== undefined && sha256 !== rpm.shipDigest) {
        const message = `Its ${file} has the SHA-256 ${rpm.shipDigest} instead of ${sha256}`;
        problems.push({ message, file: archive, hint: updateHint() });
      } else found.set(file, rpm);
    }
    failOnProblems(problems);
    for (const file of found.keys()) await rename(join(temp, file), join(dir, file));
    return found;
  });
}

/** Writes the RPMs of an archive to `dir`. Returns what is wrong with the list of its files. */
async function unpack(
  archive: string,
  wanted: readonly ListedFile[],
  dir: string,
  manifest: string,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const missing = new Map(wanted.map((one) => [one.file, one]));
  const taken = new Set<string>();
  const report = (message: string) => void problems.push({ message, file: archive });
  const targetOf = ({ path, type }: TarEntry): TarTarget | undefined => {
    const file = basename(path);
    if (type === 'Directory') return undefined;
    const shown = JSON.stringify(path.slice(0, 200));
    if (type !== 'File' && type !== 'OldFile')
      report(`It holds ${shown}, which is no regular file (${type})`);
    else if (taken.has(file)) report(`It holds ${shown} twice`);
    else if (!missing.delete(file)) report(`It holds ${shown}, which ${manifest} does not list`);
    else {
      taken.add(file);
      return { file: join(dir, file) };
    }
    if (problems.length > bounds.rpms) throw new Error('it holds too many other files');
    return undefined;
  };
  try {
    const file = await openPlainFile(await realpath(archive));
    await unpackTar(file, targetOf, { mostBytes: bounds.rpmBytes });
  } catch (error) {
    throw problem(`The archive of the toolchain cannot be read: ${(error as Error).message}`, {
      file: archive,
    });
  }
  for (const { file } of missing.values()) report(`It lacks ${file}, which ${manifest} lists`);
  return problems;
}
