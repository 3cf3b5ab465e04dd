import { access, constants, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseUserJson } from '../../base/json.ts';
import { failOnProblems, type Problem, ProblemsError } from '../../base/problems.ts';
import { fileDigest } from '../../host/digests.ts';
import { isAbsent } from '../../host/files.ts';
import type { Capability } from '../../model/rpm.ts';
import type { ImageConfig, ScriptConfig } from './config.ts';
import { isObject, member } from './values.ts';

/** The files that a config names, found and read, in the order of the config. */
export interface NamedFiles {
  requestedPackages: RequestedPackage[];
  additional: NamedFile[];
  postInstall: NamedFile[];
  finalize: NamedFile[];
  /** The keys in each user's key files. */
  sshKeys: string[][];
}

/** A package that the config asks for, and where. */
export interface RequestedPackage {
  capability: Capability;
  /** File and JSON path of the entry. */
  file: string;
  path: string;
}

/** A file of the host that goes into an image or runs in it. */
export interface NamedFile {
  /** As the config writes it. */
  name: string;
  /** Absolute. */
  path: string;
  /** True if its owner may run it. */
  executable: boolean;
  sha256: string;
}

const system = '$.SystemConfigs[0]';

/**
 * Finds and reads every file that a config names, relative to `baseDir`.
 * @throws ProblemsError with everything that is missing or malformed
 */
export async function readNamedFiles(
  config: ImageConfig,
  file: string,
  baseDir: string,
): Promise<NamedFiles> {
  const reader = namedFileReader(file, baseDir);
  const { additionalFiles, postInstallScripts, finalizeImageScripts, users } = config.system;
  const scripts = (key: string, given: readonly ScriptConfig[]) =>
    reader.digested(given.map(({ path }, index) => [path, `${system}.${key}[${index}].Path`]));
  const found: NamedFiles = {
    requestedPackages: await requestedPackages(config, file, reader),
    additional: await reader.digested(
      additionalFiles.map(({ source }) => [source, member(`${system}.AdditionalFiles`, source)]),
    ),
    postInstall: await scripts('PostInstallScripts', postInstallScripts),
    finalize: await scripts('FinalizeImageScripts', finalizeImageScripts),
    sshKeys: [],
  };
  for (const [index, { sshPubKeyPaths }] of users.entries())
    found.sshKeys.push(await publicKeys(sshPubKeyPaths, `${system}.Users[${index}].SSHPubKeyPaths`, reader));
  failOnProblems(reader.problems);
  return found;
}

type NamedFileReader = ReturnType<typeof namedFileReader>;

/** Returns functions that find files of the host and collect what is wrong with them. */
function namedFileReader(file: string, baseDir: string) {
  const problems: Problem[] = [];
  /** Returns the absolute path of a readable file; undefined after adding a problem at the JSON path `at`. */
  const find = async (name: string, at: string): Promise<string | undefined> => {
    const path = resolve(baseDir, name);
    try {
      if (!(await stat(path)).isFile()) throw new Error('is not a file');
      await access(path, constants.R_OK);
      return path;
    } catch (error) {
      const why = isAbsent(error) ? 'does not exist' : (error as Error).message;
      problems.push({ message: `'${name}' ${why}`, file, path: at, hint: `Looked for ${path}.` });
      return undefined;
    }
  };
  /** Takes pairs of a file's name and the JSON path that names it. */
  const digested = async (names: readonly (readonly [name: string, at: string])[]): Promise<NamedFile[]> => {
    const files: NamedFile[] = [];
    for (const [name, at] of names) {
      const path = await find(name, at);
      if (path === undefined) continue;
      const executable = ((await stat(path)).mode & 0o100) !== 0;
      files.push({ name, path, executable, sha256: await fileDigest(path) });
    }
    return files;
  };
  return { problems, find, digested };
}

async function requestedPackages(
  config: ImageConfig,
  file: string,
  reader: NamedFileReader,
): Promise<RequestedPackage[]> {
  const { packageLists, packages, kernelPackage } = config.system;
  const requested: RequestedPackage[] = [];
  const request = (entry: unknown, from: string, path: string) => {
    const capability = typeof entry === 'string' ? requestedCapability(entry) : undefined;
    if (capability !== undefined) requested.push({ capability, file: from, path });
    else {
      const message = `${JSON.stringify(entry)} is not a package: expected "name" or "name=version"`;
      reader.problems.push({ message, file: from, path });
    }
  };
  for (const [index, name] of packageLists.entries()) {
    const list = await reader.find(name, `${system}.PackageLists[${index}]`);
    if (list === undefined) continue;
    const [key, entries] = await entriesOfList(list, reader.problems);
    for (const [number, entry] of entries.entries()) request(entry, list, `$.${key}[${number}]`);
  }
  for (const [index, entry] of packages.entries()) request(entry, file, `${system}.Packages[${index}]`);
  if (kernelPackage !== '') request(kernelPackage, file, `${system}.KernelOptions.default`);
  return requested;
}

/** Returns `name` or `name=version` as a capability; undefined when it is neither. */
export function requestedCapability(entry: string): Capability | undefined {
  const match =
    /^\s*([A-Za-z0-9_][\w.+-]*(?:\([^\s()]+\))?|\/[^\s]+)\s*(?:(=|>=|<=|<|>)\s*([\w.+~^:-]+))?\s*$/.exec(
      entry,
    );
  if (match === null) return undefined;
  const [, name, comparison, version] = match;
  return comparison === undefined ? (name as string) : `${name} ${comparison} ${version}`;
}

/** Returns the entries of a package list and the key that holds them, as the file spells it. */
async function entriesOfList(list: string, problems: Problem[]): Promise<[key: string, entries: unknown[]]> {
  try {
    const json = parseUserJson(await readFile(list, 'utf8'), list);
    const [key, entries] =
      (isObject(json) && Object.entries(json).find(([name]) => name.toLowerCase() === 'packages')) || [];
    if (key !== undefined && Array.isArray(entries)) return [key, entries];
    const message = 'This is not a package list: expected {"packages": ["name", ...]}';
    problems.push({ message, file: list, path: '$' });
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    problems.push(...error.problems);
  }
  return ['', []];
}

/** Returns the lines of key files without comments. */
async function publicKeys(names: readonly string[], at: string, reader: NamedFileReader): Promise<string[]> {
  const keys: string[] = [];
  for (const [number, name] of names.entries()) {
    const path = await reader.find(name, `${at}[${number}]`);
    if (path === undefined) continue;
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
    keys.push(...lines.filter((line) => line !== '' && !line.startsWith('#')));
  }
  return keys;
}
