import { link, mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAbsent, tempSibling } from '../../host/files.ts';
import { namesIn, removeAtOnce } from '../../host/folders.ts';
import { runTool } from '../../host/process.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import type { Exchange } from './exchange.ts';

/** Says which number an artifact has: the file is written last, by link, so that only one can. */
const idFile = 'id';

/**
 * An exchange in a folder that several processes share:
 *
 *     <dir>/artifacts/<name>/id, files/…   an artifact, there by one rename
 *     <dir>/ids/<number>                   numbers given out: the first link has it
 *
 * Ages are those of the file system.
 */
export function directoryExchange(dir: string): Exchange {
  const artifacts = join(dir, 'artifacts');
  const place = (name: string) => join(artifacts, name);

  const find = async (name: string): Promise<ArtifactInfo | undefined> => {
    try {
      const id = Number(await readFile(join(place(name), idFile), 'utf8'));
      const { mtimeMs, size } = await stat(join(place(name), idFile));
      return { id, name, createdAt: mtimeMs / 1000, size };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

  const nextId = async (): Promise<number> => {
    const ids = join(dir, 'ids');
    await mkdir(ids, { recursive: true });
    const own = tempSibling(join(ids, 'new'));
    await writeFile(own, '');
    try {
      for (let id = (await readdir(ids)).length; ; id++) {
        try {
          await link(own, join(ids, String(id)));
          return id;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
      }
    } finally {
      await unlink(own);
    }
  };

  return {
    list: async () => {
      const names = await namesIn(artifacts);
      const found = await Promise.all(names.filter((name) => !name.endsWith('.part')).map(find));
      return found.filter((item) => item !== undefined);
    },
    find,
    create: async (name, contents) => {
      await mkdir(artifacts, { recursive: true });
      const part = tempSibling(place(name));
      try {
        await contents(async (root, files) => {
          for (const file of files) {
            const to = join(part, 'files', file);
            await mkdir(dirname(to), { recursive: true });
            await runTool(['cp', '--reflink=auto', '--', join(root, file), to]);
          }
        });
        await mkdir(part, { recursive: true });
        await writeFile(join(part, idFile), String(await nextId()));
        await rename(part, place(name));
      } catch (error) {
        await rm(part, { recursive: true, force: true });
        if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
        throw error;
      }
      return await find(name);
    },
    fetch: async (item, to) => {
      if ((await find(item.name))?.id !== item.id) return false;
      const copy = ['cp', '--recursive', '--no-target-directory', '--', join(place(item.name), 'files'), to];
      const copied = await runTool(copy, { ok: 'any' });
      if (copied.code === 0) return true;
      // It went while it was copied.
      await rm(to, { recursive: true, force: true });
      return false;
    },
    remove: async (name) => await removeAtOnce(place(name)),
  };
}
