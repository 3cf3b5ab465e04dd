import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { lastLines } from '../base/last-lines.ts';
import { tempSibling, writeWhole } from '../host/files.ts';
import { removeTree, replaceDirectory } from '../host/folders.ts';
import { writeJson } from '../host/json-files.ts';
import { LimitError } from '../host/limit-error.ts';
import { NotPlainFileError, openPlainFile } from '../host/plain-files.ts';
import { ToolError } from '../host/process.ts';
import { type TarEntry, type TarTarget, unpackTar } from '../host/unpack-tar.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { bounds, checkRpms, parseToolchain } from './check-toolchain.ts';
import { folderMode, stampFile } from './folder.ts';
import { UnusableToolchainError } from './unusable.ts';
import { installWorker } from './worker.ts';

/** The file name of a packed toolchain: a tar archive of `toolchain.json` and the RPMs, which are compressed already. */
export const archiveFile = 'toolchain.tar';

const descriptionFile = 'toolchain.json';

/** Bytes of an entry besides its content: its header, one for a long name, and what fills the last block. */
const mostEntryBytes = 4096;

/** Packs the toolchain folder `dir` into `file`, without its worker: who unpacks it installs that from the RPMs. */
export async function packToolchain(dir: string, { rpms }: Toolchain, file: string): Promise<void> {
  // The archive says nothing of owners and times.
  const options = { file, cwd: dir, strict: true, portable: true, noMtime: true };
  await create(options, [descriptionFile, ...rpms.map((rpm) => `RPMS/${rpm.file}`)]);
}

/** How a toolchain that another job or run packed is unpacked. */
export interface UnpackOptions {
  /** The toolchain folder, which is replaced. */
  dir: string;
  /** Looks at what `toolchain.json` states, and throws if that will not do. */
  check?: (toolchain: Toolchain) => void;
  /** Looks at the RPMs in a folder, whose digests were checked, and throws if they will not do. */
  verify?: (rpmsDir: string) => Promise<void>;
  /** The digest of what the folder was made from. Without it, the next run that has no artifact makes the folder anew. */
  stamp?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Unpacks a packed toolchain that strangers may have written: `toolchain.json` and exactly the RPMs that it states. Then the
 * worker is installed from them. What was in the folder stays until all of it is checked.
 * @throws UnusableToolchainError that says what is wrong with it
 */
export async function unpackToolchain(file: string, options: UnpackOptions): Promise<Toolchain> {
  const { dir, check, verify, stamp, signal } = options;
  const part = tempSibling(dir);
  try {
    await mkdir(join(part, 'RPMS'), { recursive: true });
    await chmod(part, folderMode);
    const toolchain = await unpackRpms(file, part, check);
    await checkRpms(toolchain, part);
    await verify?.(join(part, 'RPMS'));
    await installWorker(part, toolchain.worker, signal).catch((error: unknown) => {
      const reason = error instanceof ToolError ? lastLines(error.stderr, 6) : (error as Error).message;
      if (!(error instanceof ToolError || error instanceof LimitError)) throw error;
      throw new UnusableToolchainError(`its worker cannot be installed: ${reason}`);
    });
    await writeJson(join(part, descriptionFile), toolchain);
    if (stamp !== undefined) await writeWhole(join(part, stampFile), stamp);
    await replaceDirectory(part, dir);
    return toolchain;
  } finally {
    await removeTree(part);
  }
}

/** Writes the RPMs of a packed toolchain, and returns what it states. Neither their digests nor headers are checked yet. */
async function unpackRpms(file: string, dir: string, check: UnpackOptions['check']): Promise<Toolchain> {
  try {
    const archive = await openPlainFile(file);
    const { size } = await archive.stat();
    let toolchain: Toolchain | undefined;
    /** The sizes of the RPMs that are still to come. */
    const sizes = new Map<string, number>();
    const begin = (text: string) => {
      toolchain = parseToolchain(text);
      check?.(toolchain);
      for (const rpm of toolchain.rpms) sizes.set(`RPMS/${rpm.file}`, rpm.size);
      const most = [text.length * 4, ...sizes.values()].reduce(
        (sum, one) => sum + one + mostEntryBytes,
        20_000,
      );
      if (size > most) throw new UnusableToolchainError('it is larger than its RPMs');
    };
    await unpackTar(archive, (entry): TarTarget => {
      if (toolchain === undefined) return firstTarget(entry, begin);
      if (entry.type !== 'File' || sizes.get(entry.path) !== entry.size) throw surplus(entry);
      sizes.delete(entry.path);
      return { file: join(dir, entry.path) };
    });
    if (toolchain === undefined) throw new UnusableToolchainError(`it holds no ${descriptionFile}`);
    const [missing] = sizes.keys();
    if (missing !== undefined) throw new UnusableToolchainError(`it lacks ${missing}`);
    return toolchain;
  } catch (error) {
    throw isOfFile(error) ? new UnusableToolchainError((error as Error).message) : error;
  }
}

function firstTarget(entry: TarEntry, text: (content: string) => void): TarTarget {
  const { path, type, size } = entry;
  if (path !== descriptionFile || type !== 'File' || size > bounds.descriptionBytes) throw surplus(entry);
  return { text };
}

function surplus({ path, type, size }: TarEntry): UnusableToolchainError {
  return new UnusableToolchainError(
    `it holds '${path.slice(0, 200)}' (${type}, ${size} bytes), which its toolchain.json does not state`,
  );
}

/** True for the error of a file that is no archive or damaged; false for one of the disk. */
function isOfFile(error: unknown): boolean {
  return error instanceof NotPlainFileError || (error as NodeJS.ErrnoException).syscall === undefined;
}
