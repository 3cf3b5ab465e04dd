import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@actions/artifact';
import { create, extract } from 'tar';
import { retry } from '../../base/retry.ts';
import {
  askArtifacts as ask,
  DigestMismatchError,
  downloadPolicy,
  isNotFound,
  isTaken,
} from '../../github/artifacts/client.ts';
import { mostRetentionDays } from '../../github/run.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import type { Exchange } from './exchange.ts';

/**
 * The exchange over the artifacts of the workflow run, through the token of the job alone. Each artifact is one tar file
 * that bears its name, not a zip: what is taken out of it is ours to decide.
 * @param tempDir a folder for files on their way
 * @param days that what is created here is kept when no merge removes it; fewer where the settings of the repository say so
 */
export function artifactExchange(tempDir: string, days = 1): Exchange {
  const retentionDays = Math.min(days, mostRetentionDays());
  const digests = new Map<number, string>();
  const itemOf = ({ id, name, createdAt, size, digest }: Artifact): ArtifactInfo => {
    if (digest !== undefined) digests.set(id, digest);
    return { id, name, createdAt: (createdAt?.getTime() ?? 0) / 1000, size };
  };
  const find = async (name: string): Promise<ArtifactInfo | undefined> => {
    try {
      const { artifact } = await ask((all) => all.getArtifact(name));
      return itemOf(artifact);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  return {
    list: async () => {
      const { artifacts } = await ask((all) => all.listArtifacts());
      return artifacts.map(itemOf);
    },
    find,
    create: async (name, root, files) =>
      await withTempDir(tempDir, 'artifact-', async (dir) => {
        const file = join(dir, name);
        // What shards tell is read by all others; RPMs are compressed as they are.
        const gzip = files.every((one) => one.endsWith('.json'));
        await create({ file, cwd: root, portable: true, follow: false, gzip }, [...files]);
        try {
          const upload = { retentionDays, skipArchive: true };
          await ask((all) => all.uploadArtifact(name, [file], dir, upload));
        } catch (error) {
          if (isTaken(error)) return undefined;
          throw error;
        }
        // The answer has no time of creation.
        const item = await find(name);
        if (item === undefined) throw new Error(`the artifact '${name}' was uploaded and is not there`);
        return item;
      }),
    fetch: async (item, to) =>
      await withTempDir(tempDir, 'artifact-', async (dir) => {
        const expectedHash = digests.get(item.id);
        try {
          await retry(downloadPolicy, async (attempt) => {
            const path = join(dir, String(attempt));
            const options = { path, skipDecompress: true, ...(expectedHash ? { expectedHash } : {}) };
            const { digestMismatch } = await ask((all) => all.downloadArtifact(item.id, options));
            if (digestMismatch === true) throw new DigestMismatchError();
            const [file] = await readdir(path);
            await unpack(join(path, file as string), to);
          });
          return true;
        } catch (error) {
          if (isNotFound(error)) return false;
          if (error instanceof DigestMismatchError)
            throw new Error(`the artifact '${item.name}' ${error.message}`);
          throw error;
        }
      }),
    remove: async (name) => {
      try {
        await ask((all) => all.deleteArtifact(name));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

/** Takes plain files with plain relative paths out of a tar file, and nothing else. */
async function unpack(file: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await extract({
    ...{ file, cwd: to, strict: true },
    filter: (path, entry) =>
      'type' in entry && (entry.type === 'File' || entry.type === 'OldFile') && isInside(path),
  });
}

function isInside(path: string): boolean {
  return !path.startsWith('/') && path.split('/').every((part) => part !== '..' && part !== '');
}
