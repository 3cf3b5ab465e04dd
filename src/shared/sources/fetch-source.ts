import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../base/log.ts';
import { fileDigest } from '../host/digests.ts';
import { tempSibling } from '../host/files.ts';
import { clearParts } from '../host/temp-dir.ts';
import type { SpecSource } from '../model/spec.ts';
import { type DebianArchive, debianArchive } from './debian-archive.ts';
import type { DebianSources } from './debian-sources.ts';
import { type Downloader, type DownloaderOptions, makeDownloader } from './download.ts';
import type { LocalLocations } from './local-files.ts';
import { otherBytes } from './other-bytes.ts';
import { shownAddress } from './web-address.ts';

/** The locations of sources, besides the folder of their spec. */
export interface SourceLocations extends LocalLocations {
  /** The folder of downloads: `<dir>/<sha256>/<base name>`. */
  cacheDir: string;
  /** The address of a folder with sources by base name, tried before a source's own address; empty: none. */
  sourceUrl: string;
  /** Tried last. */
  debian?: DebianSources;
}

/** Bytes of the largest source. */
const mostBytes = 16 * 1024 ** 3;

/** Returns the path of a source with this digest (undefined: any), or the reason of each location that failed. */
export type Fetch = (source: SpecSource, digest: string | undefined) => Promise<string | string[]>;

export interface FetchOptions {
  log: Log;
  signal?: AbortSignal;
  downloads?: DownloaderOptions;
}

interface Fetching extends SourceLocations {
  log: Log;
  downloader: Downloader;
  archive: DebianArchive | undefined;
}

/** Opens the locations from which sources are downloaded. A file that several callers want is downloaded once. */
export function openFetch(locations: SourceLocations, options: FetchOptions): Fetch {
  const { log, signal, downloads } = options;
  const suite = locations.debian?.suite;
  const dir = join(locations.cacheDir, `debian-${suite}`);
  const fetching: Fetching = {
    ...locations,
    log,
    downloader: makeDownloader({ ...downloads, signal }),
    archive: suite === undefined ? undefined : debianArchive({ suite, dir, signal }),
  };
  const running = new Map<string, Promise<string | string[]>>();
  return (source, digest) => {
    // Not by digest and name alone: a package with a bad address must not make another one fail.
    const id = JSON.stringify([digest, source.name, source.url]);
    const fetched =
      running.get(id) ?? fetchSource(fetching, source, digest).finally(() => running.delete(id));
    running.set(id, fetched);
    return fetched;
  };
}

/** Returns the addresses of a source, in order: by name below `source-url`, then its own. Pure. */
export function addressesOf(source: Pick<SpecSource, 'name' | 'url'>, sourceUrl: string): string[] {
  const addresses = new Set<string>();
  if (sourceUrl !== '') addresses.add(`${sourceUrl.replace(/\/+$/, '')}/${encodeURIComponent(source.name)}`);
  if (source.url !== undefined) addresses.add(source.url.replace(/#.*$/, ''));
  return [...addresses];
}

/** Returns the path of a source in the cache, downloaded if needed, or the reason of each location that failed. */
async function fetchSource(
  { cacheDir, sourceUrl, debian, log, downloader, archive }: Fetching,
  source: SpecSource,
  digest: string | undefined,
): Promise<string | string[]> {
  const folder = join(cacheDir, digest ?? 'unsigned');
  if (digest !== undefined) {
    const kept = join(folder, source.name);
    const found = (await stat(kept).catch(() => undefined))?.isFile() ? await fileDigest(kept) : undefined;
    if (found === digest) return kept;
    if (found !== undefined) log.warn({ message: `${kept} is damaged: it counts as absent` });
  }
  await mkdir(folder, { recursive: true });
  await clearParts(folder);
  const failures: string[] = [];
  const part = tempSibling(join(folder, source.name));
  /** Moves the complete download to its final path, if there is one and its digest is right. */
  const keep = async (location: string, failure: string | undefined): Promise<string | undefined> => {
    if (failure !== undefined) {
      failures.push(`${location}: ${failure}`);
      return undefined;
    }
    const found = await fileDigest(part);
    if (digest !== undefined && found !== digest) {
      failures.push(`${location}: ${await otherBytes(part, found, digest)}`);
      return undefined;
    }
    const path = join(cacheDir, found, source.name);
    await mkdir(dirname(path), { recursive: true });
    await rename(part, path);
    log.info(`${source.name}: from ${location}`);
    return path;
  };
  try {
    log.progress(`fetching ${source.name}`);
    for (const address of addressesOf(source, sourceUrl)) {
      const answer = await downloader.download(address, part, { sha256: digest, mostBytes });
      const path = await keep(shownAddress(address), 'failure' in answer ? answer.failure : undefined);
      if (path !== undefined) return path;
    }
    const twin = debian?.files.get(source.name);
    if (twin === undefined || archive === undefined) return failures;
    const location = `Debian ${debian?.suite}, source package ${twin.package} ${twin.version}`;
    return (await keep(location, await archive.fetch(twin, part))) ?? failures;
  } finally {
    await rm(part, { force: true });
  }
}
