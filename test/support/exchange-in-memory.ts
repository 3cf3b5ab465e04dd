import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactInfo } from '../../src/shared/shards/protocol/listing.ts';
import type { Exchange } from '../../src/shared/shards/transport/exchange.ts';

/** An exchange in memory. The files of results are not in it: nothing reads them. */
export function exchangeInMemory() {
  const files = new Map<string, ReadonlyMap<string, string>>();
  const artifacts = new Map<string, ArtifactInfo>();
  const created: string[] = [];
  const taken = new Set<string>();
  const exchange: Exchange = {
    list: async () => [...artifacts.values()],
    find: async (name) => artifacts.get(name),
    create: async (name, content) => {
      if (taken.has(name)) return undefined;
      taken.add(name);
      const texts = name.startsWith('azl-result')
        ? new Map<string, string>()
        : await content(async (root, names) => {
            const read = names.map(async (one) => [one, await readFile(join(root, one), 'utf8')] as const);
            return new Map(await Promise.all(read));
          });
      files.set(name, texts);
      artifacts.set(name, { id: created.push(name), name, createdAt: created.length, size: 1 });
      return artifacts.get(name);
    },
    fetch: async ({ name }, to) => {
      const texts = files.get(name);
      if (texts === undefined) return false;
      await mkdir(to, { recursive: true });
      for (const [file, text] of texts) await writeFile(join(to, file), text);
      return true;
    },
    remove: async (name) => {
      for (const one of [taken, artifacts, files]) one.delete(name);
    },
  };
  return { exchange, created };
}
