import { link, lstat, mkdir, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ifAbsent, isAbsent, tempSibling } from '../../host/files.ts';
import { namesIn, removeAtOnce } from '../../host/folders.ts';
import { checkPlainTree, NotPlainFileError, readPlainFile } from '../../host/plain-files.ts';
import { runTool } from '../../host/process.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import type { ArtifactFiles, Exchange } from './exchange.ts';

/** Holds the id of an artifact. */
const idFile = 'id';
const longestId = 15;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/**
 * Returns an exchange in a folder that several processes share:
 *
 *     <dir>/artifacts/<name>/id, files/…   an artifact: appears by one rename
 *     <dir>/ids/<number>                   an id in use: belongs to the first process that links it
 *
 * Ages are those of the file system.
 */
export function directoryExchange(dir: string): Exchange {
  const artifacts = join(dir, 'artifacts');
  const pathOf = (name: string) => join(artifacts, name);
  const find = async (name: string) => await readArtifact(pathOf(name), name);
  return {
    list: async () => {
      const names = await namesIn(artifacts);
      const found = await Promise.all(names.filter((name) => !name.endsWith('.part')).map(find));
      return found.filter((artifact) => artifact !== undefined);
    },
    find,
    create: async (name, files) => {
      await mkdir(artifacts, { recursive: true });
      const isCreated = await createFolder(pathOf(name), files, join(dir, 'ids'));
      return isCreated ? await find(name) : undefined;
    },
    fetch: async ({ id, name }, to) => {
      if ((await find(name))?.id !== id) return false;
      const from = join(pathOf(name), 'files');
      const copy = ['cp', '--recursive', '--no-target-directory', '--', from, to];
      await checkPlainTree(from).catch(ifAbsent(undefined));
      if ((await runTool(copy, { ok: 'any' })).code !== 0) {
        // It was removed while it was copied.
        await rm(to, { recursive: true, force: true });
        return false;
      }
      // Nobody else changes the copy.
      await checkPlainTree(to);
      return true;
    },
    remove: async (name) => await removeAtOnce(pathOf(name)),
  };
}

async function readArtifact(folder: string, name: string): Promise<ArtifactInfo | undefined> {
  try {
    const text = await readPlainFile(join(folder, idFile), longestId);
    const { mtimeMs, size } = await lstat(join(folder, idFile));
    return /^\d+$/.test(text) ? { id: Number(text), name, createdAt: mtimeMs / 1000, size } : undefined;
  } catch (error) {
    if (error instanceof NotPlainFileError || isAbsent(error)) return undefined;
    throw error;
  }
}

/** Creates the folder of an artifact. @returns false when its name is taken */
async function createFolder(folder: string, contents: ArtifactFiles, ids: string): Promise<boolean> {
  const part = tempSibling(folder);
  try {
    await contents(async (root, files) => {
      for (const file of files) {
        const to = join(part, 'files', file);
        await mkdir(dirname(to), { recursive: true });
        await runTool(['cp', '--reflink=auto', '--', join(root, file), to]);
      }
    });
    await mkdir(part, { recursive: true });
    await writeFile(join(part, idFile), String(await nextId(ids)));
    await rename(part, folder);
    return true;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) return false;
    throw error;
  }
}

/** Returns an id that no other artifact has. */
async function nextId(ids: string): Promise<number> {
  await mkdir(ids, { recursive: true });
  const own = tempSibling(join(ids, 'new'));
  await writeFile(own, '');
  try {
    for (let id = (await readdir(ids)).length; ; id++) {
      try {
        await link(own, join(ids, String(id)));
        return id;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
  } finally {
    await unlink(own);
  }
}
