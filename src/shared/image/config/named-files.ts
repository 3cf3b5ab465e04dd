import { access, constants, readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { parseUserJson } from '../../base/json.ts';
import { type Problem, ProblemsError } from '../../base/problems.ts';
import { fileDigest } from '../../host/digests.ts';
import { type RequestedPackage, requestedCapability } from '../manifest/packages.ts';
import type { ImageConfig } from './config.ts';
import { isObject, member } from './values.ts';

/** The files that a config names, found and read, in the order of the config. */
export interface NamedFiles {
  requestedPackages: RequestedPackage[];
  additional: NamedFile[];
  postInstall: NamedFile[];
  finalize: NamedFile[];
  /** For each user, the keys that its files hold. */
  sshKeys: string[][];
}

/** A file of the host that goes into an image or runs in it. */
export interface NamedFile {
  /** As the config writes it. */
  name: string;
  /** Absolute. */
  path: string;
  /** Whether its owner may run it. */
  executable: boolean;
  sha256: string;
}

const system = '$.SystemConfigs[0]';

/**
 * Finds and reads everything that a config names, relative to `baseDir`.
 * @throws ProblemsError with all that is missing or malformed.
 */
export async function readNamedFiles(
  config: ImageConfig,
  file: string,
  baseDir: string,
): Promise<NamedFiles> {
  const problems: Problem[] = [];
  const found = async (name: string, path: string): Promise<string | undefined> => {
    const place = isAbsolute(name) ? name : resolve(baseDir, name);
    try {
      const facts = await stat(place);
      if (!facts.isFile()) throw new Error('is no file');
      await access(place, constants.R_OK);
      return place;
    } catch (error) {
      const why =
        (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : (error as Error).message;
      problems.push({ message: `'${name}' ${why}`, file, path, hint: `Looked for ${place}.` });
      return undefined;
    }
  };

  const digested = async (name: string, path: string): Promise<NamedFile[]> => {
    const place = await found(name, path);
    if (place === undefined) return [];
    const executable = ((await stat(place)).mode & 0o100) !== 0;
    return [{ name, path: place, executable, sha256: await fileDigest(place) }];
  };

  const wishes: RequestedPackage[] = [];
  const wish = (entry: unknown, from: string, path: string) => {
    const capability = typeof entry === 'string' ? requestedCapability(entry) : undefined;
    if (capability !== undefined) wishes.push({ capability, file: from, path });
    else
      problems.push({
        message: `${JSON.stringify(entry)} is no package: expected "name" or "name=version"`,
        file: from,
        path,
      });
  };
  for (const [index, name] of config.system.packageLists.entries()) {
    const list = await found(name, `${system}.PackageLists[${index}]`);
    if (list === undefined) continue;
    try {
      const json = parseUserJson(await readFile(list, 'utf8'), list);
      const entries = isObject(json)
        ? Object.entries(json).find(([key]) => key.toLowerCase() === 'packages')
        : undefined;
      if (entries === undefined || !Array.isArray(entries[1]))
        problems.push({
          message: 'This is no package list: expected {"packages": ["name", ...]}',
          file: list,
          path: '$',
        });
      else
        for (const [number, entry] of entries[1].entries()) wish(entry, list, `$.${entries[0]}[${number}]`);
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    }
  }
  for (const [index, entry] of config.system.packages.entries())
    wish(entry, file, `${system}.Packages[${index}]`);
  if (config.system.kernelPackage !== '')
    wish(config.system.kernelPackage, file, `${system}.KernelOptions.default`);

  const additional: NamedFile[] = [];
  for (const { source } of config.system.additionalFiles)
    additional.push(...(await digested(source, member(`${system}.AdditionalFiles`, source))));
  const scripts = async (key: 'postInstallScripts' | 'finalizeImageScripts', name: string) => {
    const files: NamedFile[] = [];
    for (const [index, script] of config.system[key].entries())
      files.push(...(await digested(script.path, `${system}.${name}[${index}].Path`)));
    return files;
  };
  const postInstall = await scripts('postInstallScripts', 'PostInstallScripts');
  const finalize = await scripts('finalizeImageScripts', 'FinalizeImageScripts');
  const sshKeys: string[][] = [];
  for (const [index, user] of config.system.users.entries()) {
    const keys: string[] = [];
    for (const [number, name] of user.sshPubKeyPaths.entries()) {
      const source = await found(name, `${system}.Users[${index}].SSHPubKeyPaths[${number}]`);
      if (source === undefined) continue;
      const text = await readFile(source, 'utf8');
      keys.push(
        ...text
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !line.startsWith('#')),
      );
    }
    sshKeys.push(keys);
  }
  if (problems.length > 0) throw new ProblemsError(problems);
  return { requestedPackages: wishes, additional, postInstall, finalize, sshKeys };
}
