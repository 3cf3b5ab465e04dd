import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { problem } from '../base/problems.ts';
import { runTool, ToolError } from './process.ts';

/** A path beside `path` that no other process uses: what is written there is renamed to `path` when whole. */
export function tempSibling(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

/** Writes a file so that a reader sees all of it or the one before, also after a crash. Makes its folder. */
export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = tempSibling(path);
  try {
    const file = await open(part, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * Moves a folder to `to`, which must not exist: it appears there whole, also when it comes from another file system.
 * Sparse files stay sparse.
 */
export async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const part = tempSibling(to);
    try {
      await runTool(['cp', '--archive', '--sparse=always', '--', from, part]);
      await rename(part, to);
    } catch (failed) {
      await rm(part, { recursive: true, force: true });
      throw failed;
    }
    await rm(from, { recursive: true, force: true });
  }
}

/** Puts a file to another place, whose folder is made. Both share the bytes where they can. */
export async function linkFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}

/** True for the error of a file that is not there. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** Writes `value` as JSON for people and machines: two spaces, a last newline. See {@link writeWhole}. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The JSON of a file that we wrote ourselves; undefined when it is absent or not whole. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return undefined;
    throw error;
  }
}

/** SHA-256 of a file's bytes, in hex. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** SHA-256 of a text, in hex. */
export function textDigest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

const whyUnread: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

/** The text of a file that the user named. @throws ProblemsError naming it when it cannot be read. */
export async function readUserFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw problem(`${what} cannot be read (${whyUnread[code] ?? code})`, { file: path });
  }
}

const noSpace = /No space left on device|Disk quota exceeded/;

/** The error of whatever found that the disk is full. */
export function diskFull(): Error {
  return Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
}

/** True for an error, of ours or of a tool of ours, that says that a disk is full: going on has no use. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof ToolError) return noSpace.test(error.stderr);
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** With less than this left nothing works; with less than that, who says that the disk is full may well be right. */
const room = { none: 2 ** 26, little: 2 ** 30, files: 100 };

/**
 * True when a program that said `words` failed because the disk that holds `dir` is full. Its words alone do not tell:
 * it may have met a limit of its own, or name another fault; and what did not fit it has often removed again.
 */
export async function ranOutOfSpace(words: string, dir: string): Promise<boolean> {
  const { bsize, bavail, files, ffree } = await statfs(dir);
  const left = bavail * bsize;
  return left < (noSpace.test(words) ? room.little : room.none) || (files > 0 && ffree < room.files);
}
