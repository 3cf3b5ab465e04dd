import { makeCommand } from '../../base/make-command.ts';
import { failOnProblems, type Problem, ProblemsError, problem } from '../../base/problems.ts';
import { ifAbsent, readUserFile } from '../../host/files.ts';
import { readPlainFile } from '../../host/plain-files.ts';
import type { ToolchainSourceInputs } from '../../model/inputs.ts';
import { longestLock } from '../lock.ts';
import { type ListedFile, parseManifest } from './parse-manifest.ts';

/** The RPMs that a toolchain is to be made of. */
export interface Manifests {
  /** Those of the manifest. A digest is that of the manifest, or else of the lock. */
  rpms: readonly ListedFile[];
  /** The file names of those in the worker. undefined: those that every build needs. */
  worker: readonly string[] | undefined;
}

/**
 * Reads the manifest and that of the worker. Digests that the manifest lacks come from the lock.
 * @param lock the path of the lock; undefined: there is to be a new one
 * @throws ProblemsError for everything that is wrong with the files, and where they do not agree
 */
export async function readManifests(
  source: Pick<ToolchainSourceInputs, 'toolchainManifest' | 'workerManifest'>,
  lock: string | undefined,
  arch: string,
): Promise<Manifests> {
  const { toolchainManifest: path, workerManifest: workerPath } = source;
  if (path === '')
    throw problem("Input 'toolchain-manifest' (TOOLCHAIN_MANIFEST) is empty", {
      hint: 'Name the file that lists the RPMs, or use toolchain-mode=bootstrap, which needs none.',
    });
  const problems: Problem[] = [];
  const read = async (file: string, what: string) => {
    try {
      return parseManifest(await readUserFile(file, what), file, arch);
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  };
  const rpms = await read(path, 'The manifest of the toolchain');
  const worker = workerPath === '' ? undefined : await read(workerPath, "The worker's manifest");
  const locked = lock === undefined ? new Map<string, string>() : await readDigests(lock, arch);
  failOnProblems(problems);
  failOnProblems([
    ...disagreements(rpms, path, locked, lock ?? ''),
    ...strangers(worker ?? [], workerPath, rpms, path),
  ]);
  return {
    rpms: rpms.map((one) => ({ ...one, sha256: one.sha256 ?? locked.get(one.file) })),
    worker: worker?.map(({ file }) => file),
  };
}

/** Returns the digests in a lock, by file name; none if there is no lock. @throws ProblemsError for one that is damaged */
async function readDigests(path: string, arch: string): Promise<Map<string, string>> {
  const text = await readPlainFile(path, longestLock).catch(ifAbsent(undefined));
  if (text === undefined) return new Map();
  return parseDigests(text, path, arch);
}

/** Parses a lock of a manifest. Pure. @throws ProblemsError if it is damaged, or for another architecture */
export function parseDigests(text: string, path: string, arch: string): Map<string, string> {
  try {
    const lines = parseManifest(text, path, arch);
    const bare = lines.find(({ sha256 }) => sha256 === undefined);
    if (bare !== undefined) throw problem(`${bare.file} has no SHA-256`, { file: path, line: bare.line });
    return new Map(lines.map(({ file, sha256 }) => [file, sha256 as string]));
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    throw new ProblemsError(error.problems.map((one) => ({ ...one, hint: updateHint() })));
  }
}

/** Returns the remedy where a lock and what there is do not agree. */
export function updateHint(): string {
  return `If the new one is right: ${makeCommand('toolchain', { UPDATE_LOCK: '1' })}`;
}

/** Returns a problem for each RPM that has one digest in the manifest and another one in the lock. */
function disagreements(
  rpms: readonly ListedFile[],
  path: string,
  locked: ReadonlyMap<string, string>,
  lock: string,
): Problem[] {
  return rpms.flatMap(({ file, sha256, line }) => {
    const other = locked.get(file);
    if (other === undefined || sha256 === undefined || other === sha256) return [];
    const message = `${file} has the SHA-256 ${sha256} here, and ${other} in ${lock}`;
    return [{ message, file: path, line, hint: updateHint() }];
  });
}

/** Returns a problem for each RPM of the worker that the toolchain lacks. */
function strangers(
  worker: readonly ListedFile[],
  workerPath: string,
  rpms: readonly ListedFile[],
  path: string,
): Problem[] {
  const known = new Set(rpms.map(({ file }) => file));
  return worker.flatMap(({ file, line }) =>
    known.has(file) ? [] : [{ message: `${file} is not in ${path}`, file: workerPath, line }],
  );
}
