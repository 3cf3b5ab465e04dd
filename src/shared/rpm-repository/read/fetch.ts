import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Problem, problem } from '../../base/problems.ts';
import { fileDigest } from '../../host/digests.ts';
import { isAbsent, tempSibling } from '../../host/files.ts';
import type { Downloader } from '../../sources/download.ts';
import { type Listed, MetadataError } from './metadata.ts';
import type { Repository } from './repo-file.ts';

/** A fault of a repository, at the place in its file. */
export function repositoryError(
  { id, file, line }: Repository,
  fault: string,
  more: Pick<Problem, 'hint'> = {},
): Error {
  return problem(`The repository '${id}' cannot be used: ${fault}`, { file, line, ...more });
}

/**
 * Writes a file of a repository, from the first of its places that has it.
 * @param sha256 what its bytes have to be; undefined for what is checked otherwise
 * @throws ProblemsError telling what each place answered
 */
export async function fetchFrom(
  repository: Repository,
  { href, sha256 }: Pick<Listed, 'href'> & Partial<Listed>,
  path: string,
  downloader: Downloader,
): Promise<void> {
  const faults: string[] = [];
  const part = tempSibling(path);
  try {
    for (const address of repository.addresses) {
      const got = await downloader.download(`${address}${href}`, part);
      if ('fault' in got) faults.push(`${address}${href} ${got.fault}`);
      else if (sha256 !== undefined && got.digest !== sha256)
        faults.push(`${address}${href} is not the file that the repository lists (SHA-256 ${got.digest})`);
      else return await rename(part, path);
    }
  } finally {
    await rm(part, { force: true });
  }
  throw repositoryError(repository, faults.join('; '));
}

/** The same, unless `path` is that file already. */
export async function fetchOnce(
  repository: Repository,
  listed: Listed,
  path: string,
  downloader: Downloader,
): Promise<void> {
  const there = await fileDigest(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (there !== listed.sha256) await fetchFrom(repository, listed, path, downloader);
}

/** The bytes of a list of packages, unpacked as its name says. @throws MetadataError for another packing */
export function unpacked(path: string): AsyncIterable<Uint8Array> {
  const bytes = createReadStream(path);
  if (path.endsWith('.xml')) return bytes;
  const unpack = path.endsWith('.gz')
    ? createGunzip()
    : path.endsWith('.zst')
      ? createZstdDecompress()
      : undefined;
  if (unpack === undefined) {
    bytes.destroy();
    throw new MetadataError('it is packed in a way that is not supported: .gz and .zst are');
  }
  return bytes.on('error', (error) => unpack.destroy(error)).pipe(unpack);
}
