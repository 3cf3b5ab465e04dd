import { parseUserJson } from '../../base/json.ts';
import { failOnProblems, type Problem, ProblemsError } from '../../base/problems.ts';
import type { Capability } from '../../model/rpm.ts';
import { grubConfigFile, hasBootEntry } from './boot-entry.ts';
import type { ImageConfig, ScriptConfig } from './config.ts';
import { type NamedFile, type NamedFileReader, namedFileReader } from './named-file-reader.ts';
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

const system = '$.SystemConfigs[0]';

/**
 * Finds and reads every file that a config names, relative to the first of `dirs`. It must lie below one of them.
 * @throws ProblemsError with everything that is missing, malformed or elsewhere
 */
export async function readNamedFiles(
  config: ImageConfig,
  file: string,
  dirs: readonly [base: string, ...extra: string[]],
): Promise<NamedFiles> {
  const reader = await namedFileReader(file, dirs);
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
  await checkBootEntry(config, reader, file);
  failOnProblems(reader.problems);
  return found;
}

/** Checks a boot loader's config that takes the place of the one that azl writes. */
async function checkBootEntry(config: ImageConfig, reader: NamedFileReader, file: string): Promise<void> {
  const own = config.system.additionalFiles.findLast(({ target }) => target === grubConfigFile);
  if (own === undefined) return;
  const path = member(`${system}.AdditionalFiles`, own.source);
  if (reader.problems.some((one) => one.path === path)) return;
  const read = await reader.text(own.source, path);
  if (read === undefined || hasBootEntry(read.text)) return;
  const message = `'${own.source}' takes the place of ${grubConfigFile} and has no boot loader entry`;
  const hint = 'Add a menuentry, or leave the file out: azl writes one that starts the kernel.';
  reader.problems.push({ message, file, path, hint });
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
    const list = await reader.text(name, `${system}.PackageLists[${index}]`);
    if (list === undefined) continue;
    const [key, entries] = entriesOfList(list, reader.problems);
    for (const [number, entry] of entries.entries()) request(entry, list.path, `$.${key}[${number}]`);
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
function entriesOfList(
  { path, text }: { path: string; text: string },
  problems: Problem[],
): [key: string, entries: unknown[]] {
  try {
    const json = parseUserJson(text, path);
    const [key, entries] =
      (isObject(json) && Object.entries(json).find(([name]) => name.toLowerCase() === 'packages')) || [];
    if (key !== undefined && Array.isArray(entries)) return [key, entries];
    const message = 'This is not a package list: expected {"packages": ["name", ...]}';
    problems.push({ message, file: path, path: '$' });
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
    const read = await reader.text(name, `${at}[${number}]`);
    const lines = (read?.text ?? '').split('\n').map((line) => line.trim());
    keys.push(...lines.filter((line) => line !== '' && !line.startsWith('#')));
  }
  return keys;
}
