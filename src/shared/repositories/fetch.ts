import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import { tempSibling } from '../host/files.ts';
import type { Downloader } from '../sources/download.ts';
import { shownAddress } from '../sources/web-address.ts';
import type { Listed } from './metadata.ts';
import type { Repository } from './repo-file.ts';
import { MetadataError } from './xml.ts';

/** Builds the error of a repository that cannot be used, with its place in the `.repo` file. */
export function repositoryError({ id, file, line }: Repository, reason: string, hint?: string): Error {
  return problem(`The repository '${id}' cannot be used: ${reason}`, { file, line, hint });
}

/** Bytes of the largest file that a repository lists without its size, and of `repomd.xml` and its signature. */
const limits = { listed: 4 * 1024 ** 3, unlisted: 16 * 1024 ** 2 };

/** A file of a repository, whose digest may be unknown. `mostBytes` are its bytes, if they are known. */
type Wanted = Pick<Listed, 'href'> & Partial<Listed> & { mostBytes?: number };

/**
 * Downloads a file of a repository from the first of its addresses that has it.
 * @param sha256 the expected digest; undefined for a file that is checked in another way
 * @throws ProblemsError with the answer of each address
 */
export async function fetchFrom(
  repository: Repository,
  { href, sha256, mostBytes = sha256 === undefined ? limits.unlisted : limits.listed }: Wanted,
  path: string,
  downloader: Downloader,
): Promise<void> {
  const reasons: string[] = [];
  const part = tempSibling(path);
  try {
    for (const address of repository.addresses) {
      const got = await downloader.download(`${address}${href}`, part, { sha256, mostBytes });
      if (!('failure' in got)) return await rename(part, path);
      reasons.push(`${shownAddress(address)}${href}: ${got.failure}`);
    }
  } finally {
    await rm(part, { force: true });
  }
  throw repositoryError(repository, reasons.join('; '));
}

/** Downloads a file as {@link fetchFrom}, unless `path` has its digest already. */
export async function fetchOnce(
  repository: Repository,
  listed: Listed & Wanted,
  path: string,
  downloader: Downloader,
): Promise<void> {
  const there = await fileDigest(path).catch(() => undefined);
  if (there !== listed.sha256) await fetchFrom(repository, listed, path, downloader);
}

const unpackers = { '.gz': createGunzip, '.zst': createZstdDecompress };

/** Returns the bytes of a package list, decompressed by its ending. @throws MetadataError for an unknown compression */
export function unpacked(path: string): AsyncIterable<Uint8Array> {
  const ending = extname(path);
  if (ending === '.xml') return createReadStream(path);
  if (ending !== '.gz' && ending !== '.zst')
    throw new MetadataError('its compression is not supported: .gz and .zst are');
  const unpack = unpackers[ending]();
  return createReadStream(path)
    .on('error', (error) => unpack.destroy(error))
    .pipe(unpack);
}
