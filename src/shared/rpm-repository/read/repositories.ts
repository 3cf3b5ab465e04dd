import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { problem } from '../../base/problems.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { Rpm } from '../../model/rpm.ts';
import { RpmFormatError } from '../../rpm/header.ts';
import { readRpm } from '../../rpm/read.ts';
import { type Downloader, makeDownloader } from '../../sources/download.ts';
import { MetadataError } from '../xml.ts';
import { fetchFrom, fetchOnce, repositoryError, unpacked } from './fetch.ts';
import { type ListedRpm, readPrimary, readRepomd } from './metadata.ts';
import type { Repository } from './repo-file.ts';
import { readRepoFiles } from './repo-file.ts';
import { checkRpms, checkSignature, collectKeys } from './signed.ts';

export interface RepositoriesOptions {
  /** `.repo` files, as the user wrote them. An earlier one has priority. */
  files: readonly string[];
  /** `$releasever` */
  releasever: string;
  /** `$basearch` */
  arch: string;
  /** Keeps downloads: package lists in `repositories/`, RPMs in `rpms/`. */
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
   * @returns their folder, and each RPM as its header describes it
   * @throws ProblemsError naming each that cannot be fetched, differs from the list, or is not signed
   */
  fetch(offered: readonly Rpm[], progress: (does: string) => void): Promise<{ dir: string; rpms: Rpm[] }>;
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
  const { tempDir, arch } = options;
  const kept = join(options.cacheDir, 'repositories', repository.id);
  await mkdir(kept, { recursive: true });
  return await withTempDir(tempDir, 'repository-', async (temp) => {
    const path = join(temp, 'repomd.xml');
    await fetchFrom(repository, { href: 'repodata/repomd.xml' }, path, downloader);
    if (repository.signedMetadata) {
      const signature = `${path}.asc`;
      await fetchFrom(repository, { href: 'repodata/repomd.xml.asc' }, signature, downloader);
      const keys = await collectKeys(repository, temp, downloader);
      await checkSignature(repository, { path, signature, keys: keys.files, tempDir: temp });
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
): Promise<{ dir: string; rpms: Rpm[] }> {
  const { cacheDir, tempDir, worker, signal } = options;
  const dir = join(cacheDir, 'rpms');
  await mkdir(dir, { recursive: true });
  let done = 0;
  const fetchOne = async ({ repository, listed }: Source): Promise<Rpm> => {
    const path = join(dir, listed.rpm.file);
    const { size } = listed.rpm;
    await fetchOnce(repository, size > 0 ? { ...listed, mostBytes: size } : listed, path, downloader);
    progress(`fetching RPMs, ${++done} of ${wanted.length}`);
    return await asListed(path, repository, listed);
  };
  const ended = await Promise.allSettled(wanted.map(fetchOne));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  const rpms = ended.map((each) => (each as PromiseFulfilledResult<Rpm>).value);
  for (const repository of new Set(wanted.map((source) => source.repository))) {
    if (!repository.signedRpms) continue;
    progress(`checking signatures of ${repository.id}`);
    const own = wanted.filter((source) => source.repository === repository);
    const files = own.map(({ listed }) => listed.rpm.file);
    await withTempDir(tempDir, 'signatures-', async (temp) => {
      const keys = await collectKeys(repository, temp, downloader);
      await checkRpms(repository, { dir, files }, keys.dir, { worker, tempDir: temp, signal });
    });
  }
  return { dir, rpms };
}

/** Returns an RPM as its header describes it. @throws ProblemsError when it is another package than in the list */
async function asListed(path: string, repository: Repository, { rpm }: ListedRpm): Promise<Rpm> {
  const found = await readRpm(path).catch((error: unknown) => {
    if (!(error instanceof RpmFormatError)) throw error;
    throw repositoryError(repository, `${rpm.file} is ${error.message.replace(`${path}: `, '')}`);
  });
  const { id, file, line } = repository;
  for (const field of ['name', 'epoch', 'version', 'release', 'arch'] as const) {
    const difference = `the ${field} ${found[field]}, not ${rpm[field]} as its list says`;
    if (found[field] !== rpm[field])
      throw problem(`${rpm.file} of the repository '${id}' has ${difference}`, { file, line });
  }
  return found;
}
