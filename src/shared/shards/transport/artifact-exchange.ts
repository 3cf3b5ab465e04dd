import { lstat, mkdir, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@actions/artifact';
import { create, extract, list } from 'tar';
import { retry } from '../../base/retry.ts';
import { isName } from '../../base/untrusted.ts';
import {
  askArtifacts as ask,
  DigestMismatchError,
  downloadPolicy,
  isNotFound,
  isTaken,
} from '../../github/artifacts/client.ts';
import { mostRetentionDays } from '../../github/run.ts';
import { NotPlainFileError } from '../../host/plain-files.ts';
import { checkSpace } from '../../host/space.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import type { Exchange } from './exchange.ts';

/** More than all results of a run have. */
const mostFiles = 200_000;

/**
 * Returns the exchange over the artifacts of the workflow run, through the token of the job alone. Each artifact is one
 * tar file of its name, not a zip, so that unpacking takes only plain files out of it.
 * @param tempDir a folder for files in transit
 * @param days that artifacts are kept when no merge removes them; fewer if the settings of the repository say so
 */
export function artifactExchange(tempDir: string, days = 1): Exchange {
  const retentionDays = Math.min(days, mostRetentionDays());
  const digests = new Map<number, string>();
  const infoOf = ({ id, name, createdAt, size, digest }: Artifact): ArtifactInfo => {
    if (digest !== undefined) digests.set(id, digest);
    return { id, name, createdAt: (createdAt?.getTime() ?? 0) / 1000, size };
  };
  const find = async (name: string): Promise<ArtifactInfo | undefined> => {
    const found = await ask((all) => all.getArtifact(name)).catch(undefinedIf(isNotFound));
    return found && infoOf(found.artifact);
  };

  return {
    list: async () => {
      const { artifacts } = await ask((all) => all.listArtifacts());
      return artifacts.map(infoOf);
    },
    find,
    create: async (name, contents) =>
      await withTempDir(tempDir, 'artifact-', async (dir) => {
        const file = join(dir, name);
        await contents(async (root, files) => {
          // Every shard reads heartbeats; RPMs are compressed already.
          const gzip = files.every((one) => one.endsWith('.json'));
          failOnLacking(name, await plainFiles(root, files), files);
          await create({ file, cwd: root, portable: true, follow: false, gzip }, [...files]);
          await comparePacked(name, file, files);
        });
        const options = { retentionDays, skipArchive: true };
        const upload = ask((all) => all.uploadArtifact(name, [file], dir, options));
        if ((await upload.catch(undefinedIf(isTaken))) === undefined) return undefined;
        // The answer has no time of creation.
        const created = await find(name);
        if (created === undefined) throw new Error(`the artifact '${name}' was uploaded and is not there`);
        return created;
      }),
    fetch: async (artifact, to) =>
      await withTempDir(tempDir, 'artifact-', async (dir) => {
        const expectedHash = digests.get(artifact.id);
        await checkSpace(`The artifact '${artifact.name}'`, [{ dir, bytes: artifact.size }]);
        try {
          await retry(downloadPolicy, async (attempt) => {
            const path = join(dir, String(attempt));
            const options = { path, skipDecompress: true, expectedHash };
            const { digestMismatch } = await ask((all) => all.downloadArtifact(artifact.id, options));
            if (digestMismatch === true) throw new DigestMismatchError();
            const [file] = await readdir(path);
            await unpack(artifact.name, join(path, file as string), to);
          });
          return true;
        } catch (error) {
          if (isNotFound(error)) return false;
          if (error instanceof DigestMismatchError)
            throw new Error(`the artifact '${artifact.name}' ${error.message}`);
          throw error;
        }
      }),
    remove: async (name) => {
      await ask((all) => all.deleteArtifact(name)).catch(undefinedIf(isNotFound));
    },
  };
}

/** Returns a handler that turns an expected error into undefined, and throws all others. */
function undefinedIf(isExpected: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!isExpected(error)) throw error;
  };
}

/** Reads a tar file back. @throws Error when it does not hold exactly these files */
async function comparePacked(name: string, file: string, files: readonly string[]): Promise<void> {
  const packed = new Set<string>();
  await list({ file, strict: true, onReadEntry: ({ path }) => void packed.add(path) });
  failOnLacking(name, packed, files);
}

/** Returns those of the files that are regular ones. At a pipe, tar's packer may wait for ever. */
async function plainFiles(root: string, files: readonly string[]): Promise<ReadonlySet<string>> {
  const plain = await Promise.all(files.map(async (one) => (await lstat(join(root, one))).isFile()));
  return new Set(files.filter((_, index) => plain[index]));
}

/** @throws Error when not exactly these files are packed */
function failOnLacking(name: string, packed: ReadonlySet<string>, files: readonly string[]): void {
  const lacking = files.filter((one) => !packed.has(one));
  if (lacking.length > 0 || packed.size !== files.length)
    throw new Error(
      `the artifact '${name}' was packed with ${packed.size} of ${files.length} files; it lacks ${lacking.join(', ')}`,
    );
}

/**
 * Unpacks a tar file into a new folder.
 * @throws NotPlainFileError if it holds anything but plain files with plain relative paths, or more bytes than are free
 */
async function unpack(name: string, file: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const { bavail, bsize } = await statfs(to);
  let [free, files] = [bavail * bsize, 0];
  let refused: string | undefined;
  const isInside = (path: string) => path.split('/').every((part) => isName(part));
  await extract({
    ...{ file, cwd: to, strict: true, preserveOwner: false },
    filter: (path, entry) => {
      const isFile = 'type' in entry && (entry.type === 'File' || entry.type === 'OldFile');
      free -= entry.size ?? 0;
      if (!isFile || !isInside(path))
        refused ??= `'${path.slice(0, 80)}' in it is no plain file of a plain path`;
      else if (free < 0 || ++files > mostFiles)
        refused ??= `it holds more than ${files} files or than is free`;
      return refused === undefined;
    },
  });
  if (refused !== undefined) throw new NotPlainFileError(name, refused);
}
