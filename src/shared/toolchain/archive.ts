import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tempSibling } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { readJson } from '../host/json-files.ts';
import { runTool } from '../host/process.ts';
import { type Toolchain, toolchainSchema } from '../model/toolchain.ts';
import { folderMode, stampFile } from './folder.ts';
import { workerDigest } from './worker.ts';

/** The file name of a packed toolchain with its worker. */
export const archiveFile = 'toolchain.tar.zst';

// The worker's files belong to root, some with setuid bits and file capabilities.
const format = ['--zstd', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
const options = { root: true, timeoutSeconds: 900 } as const;
const parts = ['toolchain.json', stampFile, 'RPMS', 'worker'];
/** tar names each entry that it packs or unpacks. */
const verbose = ['--verbose', '--quoting-style=literal'];

/** Packs the toolchain folder `dir` into `file`. @throws Error when tar left an entry out, as it does with sockets */
export async function packToolchain(dir: string, file: string): Promise<void> {
  const where = ['--file', file, '--directory', dir];
  const { stdout } = await runTool(
    ['tar', '--create', ...format, ...verbose, '--sort=name', ...where, ...parts],
    options,
  );
  await compareEntries(`the packed toolchain ${file}`, stdout, dir);
}

/** Compares the entries that tar named with those of a toolchain folder. @throws Error that names some that differ */
async function compareEntries(what: string, named: string, dir: string): Promise<void> {
  const { stdout } = await runTool(['find', ...parts, '-printf', '%p\\n'], { ...options, cwd: dir });
  const entries = (text: string) => new Set(text.split('\n').map((line) => line.replace(/\/$/, '')));
  const [packed, there] = [entries(named), entries(stdout)];
  const differing = [
    ...[...there].filter((path) => !packed.has(path)).map((path) => `it lacks ${path}`),
    ...[...packed].filter((path) => !there.has(path)).map((path) => `${path} is not in the folder`),
  ];
  if (differing.length > 0)
    throw new Error(
      `${what} is not ${dir}: ${differing.slice(0, 5).join('; ')} (${differing.length} in all)`,
    );
}

/**
 * Unpacks a packed toolchain into `dir`, in place of the one that is there.
 * @returns undefined, and leaves `dir` as it is, when the file holds no toolchain that this version of azl makes
 */
export async function unpackToolchain(file: string, dir: string): Promise<Toolchain | undefined> {
  const part = tempSibling(dir);
  try {
    await mkdir(part, { recursive: true });
    await chmod(part, folderMode);
    const { stdout } = await runTool(
      ['tar', '--extract', ...format, ...verbose, '--same-owner', '--file', file, '--directory', part],
      options,
    );
    const toolchain = await readJson(toolchainSchema, join(part, 'toolchain.json'));
    const inWorker = (toolchain?.rpms ?? []).filter((rpm) => toolchain?.worker.includes(rpm.file));
    if (toolchain?.schema !== 'azl/toolchain' || workerDigest(inWorker) !== toolchain.workerDigest)
      return undefined;
    await compareEntries(`the unpacked toolchain ${file}`, stdout, part);
    await replaceDirectory(part, dir);
    return toolchain;
  } finally {
    await removeTree(part);
  }
}
