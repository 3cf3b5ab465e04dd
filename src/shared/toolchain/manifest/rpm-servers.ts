import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { problem } from '../../base/problems.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import { unpacked } from '../../repositories/fetch.ts';
import { mostRepomdBytes, readPrimary, readRepomd } from '../../repositories/metadata.ts';
import { signatureError } from '../../repositories/signed.ts';
import { MetadataError } from '../../repositories/xml.ts';
import type { Downloader } from '../../sources/download.ts';
import { shownAddress } from '../../sources/web-address.ts';

/** A file as a list of packages describes it. */
interface InList {
  /** Its path below the repository's address. */
  href: string;
  sha256: string;
  /** Bytes; 0 if the list does not say it. */
  size: number;
}

/** An address that RPMs come from. */
export interface RpmServer {
  /** It ends in `/`. */
  address: string;
  /** The RPMs of a repository, by file name. undefined: a folder of RPMs without a list. */
  list: ReadonlyMap<string, InList> | undefined;
}

export interface ServerOptions {
  /** RPM's name of the architecture. */
  arch: string;
  tempDir: string;
  downloader: Downloader;
  /** Files of public keys. With them, a list that has a signature must be signed with one of them. */
  keys: readonly string[];
  log: Log;
  signal?: AbortSignal | undefined;
}

/** Bytes of the largest list and signature. */
const mostListBytes = 1 << 28;
const mostSignatureBytes = 1 << 20;

/** Returns the addresses of Azure Linux's own RPMs. Pure. */
export function azureLinuxServers(arch: string): string[] {
  const top = 'https://packages.microsoft.com/azurelinux/3.0/prod';
  return ['base', 'base/debuginfo', 'ms-oss'].map((folder) => `${top}/${folder}/${arch}`);
}

/**
 * Looks which addresses are repositories, and reads their lists of packages.
 * @throws ProblemsError for a list that is malformed, has other bytes than it should, or is not signed with the keys
 */
export async function openServers(
  addresses: readonly string[],
  options: ServerOptions,
): Promise<RpmServer[]> {
  return await Promise.all(
    addresses.map(async (one) => {
      const address = one.replace(/\/*$/, '/');
      return { address, list: await listOf(address, options) };
    }),
  );
}

async function listOf(address: string, options: ServerOptions): Promise<RpmServer['list']> {
  const { tempDir, arch, downloader, keys, log, signal } = options;
  return await withTempDir(tempDir, 'list-', async (temp) => {
    const shown = shownAddress(address);
    const fetch = async (href: string, path: string, mostBytes: number, sha256?: string) =>
      await downloader.download(address + href, path, { sha256, mostBytes });
    const repomd = join(temp, 'repomd.xml');
    const got = await fetch('repodata/repomd.xml', repomd, mostRepomdBytes);
    // A folder of RPMs has no list. What it holds is checked in other ways, as what a busy server sends later.
    if ('failure' in got) {
      if (!isNotThere(got.failure)) log.warn(`${shown}repodata/repomd.xml: ${got.failure}`);
      return undefined;
    }
    try {
      const signature = `${repomd}.asc`;
      const signed =
        keys.length === 0 ? undefined : await fetch('repodata/repomd.xml.asc', signature, mostSignatureBytes);
      if (signed !== undefined && 'failure' in signed && !isNotThere(signed.failure))
        throw new MetadataError(`its signature is not there: ${signed.failure}`);
      if (signed !== undefined && !('failure' in signed)) {
        const error = await signatureError({ path: repomd, signature, keys, signal });
        if (error !== undefined) throw new MetadataError(error);
      }
      const list = await readRepomd(await readFile(repomd, 'utf8'));
      const primary = join(temp, basename(list.href));
      const fetched = await fetch(list.href, primary, mostListBytes, list.sha256);
      if ('failure' in fetched) throw new MetadataError(`${list.href}: ${fetched.failure}`);
      const rpms = await readPrimary(unpacked(primary), [arch, 'noarch'], list.openSize);
      log.info(`${shown}: a repository of ${rpms.length} RPMs`);
      return new Map(rpms.map(({ href, sha256, rpm }) => [rpm.file, { href, sha256, size: rpm.size }]));
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!(error instanceof MetadataError || /^Z_|^ZSTD_|^ERR_/.test(code))) throw error;
      throw problem(`The repository ${shown} cannot be used: ${(error as Error).message}`);
    }
  });
}

/** True for the answer of a server that has no such file; some say so with 403. */
function isNotThere(failure: string): boolean {
  return /^answers (?:403|404|410)\b/.test(failure);
}
