import { createWriteStream } from 'node:fs';
import { chmod, type FileHandle, readlink, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Problem, problem } from '../../base/problems.ts';
import { fileDigest, streamDigest } from '../../host/digests.ts';
import { isAbsent } from '../../host/files.ts';
import { NotPlainFileError, openPlainFile } from '../../host/plain-files.ts';

/** A file of the host that goes into an image or runs in it. */
export interface NamedFile {
  /** As the config writes it. */
  name: string;
  /** Absolute, without links. */
  path: string;
  /** True if its owner may run it. */
  executable: boolean;
  sha256: string;
}

/** Bytes of a package list or a key file. */
const mostText = 16 * 1024 * 1024;

export type NamedFileReader = Awaited<ReturnType<typeof namedFileReader>>;

/**
 * Returns functions that read files of the host that a config names, and collect what is wrong with them. A config may
 * be a stranger's: it must not put other files of this machine into an image.
 * @param dirs a file must lie below one of them; names are relative to the first
 */
export async function namedFileReader(file: string, dirs: readonly [base: string, ...extra: string[]]) {
  const problems: Problem[] = [];
  const [base] = dirs;
  const given = dirs.map((dir) => resolve(dir));
  const real = await Promise.all(given.map((dir) => realpath(dir).catch(() => dir)));
  const isBelow = (path: string, folders: readonly string[]) =>
    folders.some((folder) => path.startsWith(folder === sep ? sep : folder + sep));

  /** Calls `use` with an open file. Returns undefined after it has added a problem at the JSON path `at`. */
  const read = async <T>(
    name: string,
    at: string,
    use: (handle: FileHandle, path: string) => Promise<T>,
  ): Promise<T | undefined> => {
    const refuse = (why: string, hint: string) => {
      problems.push({ message: `'${name}' ${why}`, file, path: at, hint });
      return undefined;
    };
    const outside = (how: string) =>
      refuse(
        `${how} '${base}'`,
        'Put the file there, or name its folder in config-extra-dirs (CONFIG_EXTRA_DIRS).',
      );
    const path = resolve(base, name);
    if (!isBelow(path, given)) return outside('lies outside of');
    let handle: FileHandle | undefined;
    try {
      const target = await realpath(path);
      if (!isBelow(target, real)) return outside('is a link that leads out of');
      handle = await openPlainFile(target);
      // What is open now is what counts: a folder on the way may have become a link in between.
      if (!isBelow(await readlink(`/proc/self/fd/${handle.fd}`), real))
        return outside('is a link that leads out of');
      return await use(handle, target);
    } catch (error) {
      const kind = error instanceof NotPlainFileError ? 'is no regular file' : (error as Error).message;
      return refuse(isAbsent(error) ? 'does not exist' : kind, `Looked for ${path}.`);
    } finally {
      await handle?.close();
    }
  };

  return {
    problems,
    /** Returns a file's text and its path. */
    text: async (name: string, at: string): Promise<{ path: string; text: string } | undefined> =>
      await read(name, at, async (handle) => {
        if ((await handle.stat()).size > mostText) throw new Error('is larger than 16 MiB');
        return { path: resolve(base, name), text: await handle.readFile('utf8') };
      }),
    /** Takes pairs of a file's name and the JSON path that names it. */
    digested: async (names: readonly (readonly [name: string, at: string])[]): Promise<NamedFile[]> => {
      const found = [];
      for (const [name, at] of names)
        found.push(
          await read(name, at, async (handle, path): Promise<NamedFile> => {
            const executable = ((await handle.stat()).mode & 0o100) !== 0;
            const stream = handle.createReadStream({ autoClose: false });
            return { name, path, executable, sha256: await streamDigest(stream) };
          }),
        );
      return found.filter((one) => one !== undefined);
    },
  };
}

/**
 * Copies a file that a config names to `to`, for its use in the image. The copy is what the image's key says.
 * @param file the config's path
 * @throws ProblemsError if it is not what it was when the image was planned
 */
export async function copyNamedFile(named: NamedFile, to: string, file: string): Promise<void> {
  const { name, path, executable, sha256 } = named;
  const changed = () =>
    problem(`'${name}' changed while the image was made`, { file, hint: 'Run the same command again.' });
  const handle = await openPlainFile(path).catch(() => {
    throw changed();
  });
  try {
    await pipeline(handle.createReadStream({ autoClose: false }), createWriteStream(to, { flags: 'wx' }));
  } finally {
    await handle.close();
  }
  await chmod(to, executable ? 0o755 : 0o644);
  if ((await fileDigest(to)) !== sha256) throw changed();
}
