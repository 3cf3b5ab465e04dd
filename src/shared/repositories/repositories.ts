import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Log } from '../base/log.ts';
import { problem } from '../base/problems.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { Rpm } from '../model/rpm.ts';
import { RpmFormatError } from '../rpm/header.ts';
import { readUnnamedRpm } from '../rpm/read.ts';
import { type Downloader, makeDownloader } from '../sources/download.ts';
import { fetchFrom, fetchOnce, repositoryError, unpacked } from './fetch.ts';
import { listDifference } from './list-difference.ts';
import { type ListedRpm, mostRepomdBytes, readPrimary, readRepomd } from './metadata.ts';
import type { Repository } from './repo-file.ts';
import { readRepoFiles } from './repo-file.ts';
import { checkRpms, checkSignature, collectKeys } from './signed.ts';
import { MetadataError } from './xml.ts';

export interface RepositoriesOptions {
  /** `.repo` files, as the user wrote them. An earlier one has priority. */
  files: readonly string[];
  /** `$releasever` */
  releasever: string;
  /** `$basearch` */
  arch: string;
  /** Keeps downloads: package lists in `repositories/<id>`, RPMs in `rpms/<id>`, named by their digests. */
  cacheDir: string;
  tempDir: string;
  /** The worker's tree, whose rpmkeys checks signatures. */
  worker: string;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** The RPMs of external repositories, as their package lists describe them. */
export interface Repositories {
  /**
   * Returns the RPMs that may be installed besides `local`: of each package name those of the first repository that has
   * it, and none if `local` has it, as with dnf's priorities.
   */
  offer(local: readonly Rpm[]): Rpm[];
  /**
   * Fetches offered RPMs.
   * @returns of each, its file, and the RPM as the file's header describes it
   * @throws ProblemsError naming each that cannot be fetched, differs from the list, or is not signed
   */
  fetch(offered: readonly Rpm[], progress: (does: string) => void): Promise<Map<Rpm, FetchedRpm>>;
}

/** An RPM on this machine. */
export interface FetchedRpm {
  rpm: Rpm;
  path: string;
}

type Source = { repository: Repository; listed: ListedRpm };

/** Reads the package lists of repositories. @throws ProblemsError for mistakes in the files, or a missing list */
export async function openRepositories(options: RepositoriesOptions): Promise<Repositories> {
  const repositories = await readRepoFiles(options.files, options);
  const downloader = makeDownloader({ signal: options.signal });
  const sources = new Map<Rpm, Source>();
  const byName = new Map<string, { id: string; rpms: Rpm[] }>();
  for (const repository of repositories) {
    const list = await listOf(repository, options, downloader);
    options.log.info(`Repository ${repository.id}: ${list.length} RPMs`);
    for (const listed of list) {
      const { rpm } = listed;
      const known = byName.get(rpm.name) ?? { id: repository.id, rpms: [] };
      byName.set(rpm.name, known);
      if (known.id !== repository.id) continue;
      known.rpms.push(rpm);
      sources.set(rpm, { repository, listed });
    }
  }
  return {
    offer: (local) => {
      const own = new Set(local.map(({ name }) => name));
      return [...byName].flatMap(([name, { rpms }]) => (own.has(name) ? [] : rpms));
    },
    fetch: async (offered, progress) => {
      const wanted = offered.map((rpm) => sources.get(rpm) as Source);
      return await fetchRpms(wanted, options, downloader, progress);
    },
  };
}

async function listOf(repository: Repository, options: RepositoriesOptions, downloader: Downloader) {
  const { tempDir, arch, signal } = options;
  const kept = join(options.cacheDir, 'repositories', repository.id);
  await mkdir(kept, { recursive: true });
  return await withTempDir(tempDir, 'repository-', async (temp) => {
    const path = join(temp, 'repomd.xml');
    const repomd = { href: 'repodata/repomd.xml', mostBytes: mostRepomdBytes };
    await fetchFrom(repository, repomd, path, downloader);
    if (repository.signedMetadata) {
      const signature = `${path}.asc`;
      await fetchFrom(repository, { href: 'repodata/repomd.xml.asc' }, signature, downloader);
      const keys = await collectKeys(repository, temp, downloader);
      await checkSignature(repository, { path, signature, keys: keys.files, signal });
    }
    const list = await readRepomd(await readFile(path, 'utf8'));
    // Its own name begins with its digest. One name for all lists: the previous list is overwritten.
    const primary = join(kept, basename(list.href).replace(/^.*-/, ''));
    await fetchOnce(repository, list, primary, downloader);
    return await readPrimary(unpacked(primary), [arch, 'noarch'], list.openSize);
  }).catch((error: NodeJS.ErrnoException) => {
    const isMalformed = error instanceof MetadataError || /^Z_|^ZSTD_|^ERR_/.test(error.code ?? '');
    if (!isMalformed) throw error;
    throw repositoryError(repository, `of its list of packages, ${error.message}`);
  });
}

async function fetchRpms(
  wanted: readonly Source[],
  options: RepositoriesOptions,
  downloader: Downloader,
  progress: (does: string) => void,
): Promise<Map<Rpm, FetchedRpm>> {
  const { cacheDir, tempDir, worker, signal } = options;
  let done = 0;
  const fetchOne = async ({ repository, listed }: Source): Promise<FetchedRpm> => {
    const dir = join(cacheDir, 'rpms', repository.id);
    await mkdir(dir, { recursive: true });
    const path = join(dir, fetchedFile(listed));
    const { size } = listed.rpm;
    await fetchOnce(repository, size > 0 ? { ...listed, mostBytes: size } : listed, path, downloader);
    progress(`fetching RPMs, ${++done} of ${wanted.length}`);
    return { rpm: await asListed(path, repository, listed), path };
  };
  const ended = await Promise.allSettled(wanted.map(fetchOne));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  const fetched = ended.map((each) => (each as PromiseFulfilledResult<FetchedRpm>).value);
  for (const repository of new Set(wanted.map((source) => source.repository))) {
    if (!repository.signedRpms) continue;
    progress(`checking signatures of ${repository.id}`);
    const own = wanted.filter((source) => source.repository === repository);
    const files = new Map(own.map(({ listed }) => [fetchedFile(listed), listed.rpm.file]));
    const dir = join(cacheDir, 'rpms', repository.id);
    await withTempDir(tempDir, 'signatures-', async (temp) => {
      const keys = await collectKeys(repository, temp, downloader);
      await checkRpms(repository, { dir, files }, keys.dir, { worker, tempDir: temp, signal });
    });
  }
  return new Map(wanted.map(({ listed }, index) => [listed.rpm, fetched[index] as FetchedRpm]));
}

/** The name of an RPM's file in the folder of its repository: no repository can choose another's. */
function fetchedFile({ sha256 }: ListedRpm): string {
  return `${sha256}.rpm`;
}

/** Returns an RPM as its header describes it. @throws ProblemsError when it is another package than in the list */
async function asListed(path: string, repository: Repository, { rpm }: ListedRpm): Promise<Rpm> {
  const found = await readUnnamedRpm(path).catch((error: unknown) => {
    if (!(error instanceof RpmFormatError)) throw error;
    throw repositoryError(repository, `${rpm.file} is not a sound RPM file: ${error.reason}`);
  });
  const { id, file, line } = repository;
  const difference = listDifference(rpm, found);
  if (difference !== undefined)
    throw problem(`${rpm.file} of the repository '${id}' has ${difference}`, { file, line });
  return found;
}
