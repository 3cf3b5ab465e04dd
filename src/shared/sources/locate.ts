import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../base/log.ts';
import { failOnProblems, type Problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import { tempSibling } from '../host/files.ts';
import { clearParts } from '../host/leftovers.ts';
import type { SpecSource } from '../model/spec.ts';
import { type DebianArchive, debianArchive } from './debian-archive.ts';
import type { DebianSources } from './debian-sources.ts';
import { type Downloader, type DownloaderOptions, makeDownloader } from './download.ts';
import {
  digestsOf,
  type LocalLocations,
  localFile,
  missing,
  type SourcesOf,
  wrongDigest,
} from './local-files.ts';
import { readSignatures, writeSignatures } from './signatures.ts';

/** Where sources may come from, besides the folder of their spec. */
export interface SourceLocations extends LocalLocations {
  /** Keeps downloads as `<dir>/<sha256>/<base name>`. */
  cacheDir: string;
  /** Address below which a source is asked for by base name, after its own; empty: none. */
  sourceUrl: string;
  /** Asked last. */
  debian?: DebianSources;
}

/** The sources of one run. */
export interface Sources {
  /**
   * The digests of all sources and patches of a package, by base name; worked out once. Fetches nothing.
   * @throws ProblemsError with everything that is wrong with them
   */
  digests(spec: SourcesOf): Promise<Readonly<Record<string, string>>>;
  /**
   * Finds or fetches every source of a package: beside the spec, in the source folders, among what was fetched before,
   * by URL, and from Debian.
   * @returns base name → path of a file with the right digest
   * @throws ProblemsError that names every place asked for each missing source
   */
  locate(spec: SourcesOf, digests: Readonly<Record<string, string>>): Promise<Map<string, string>>;
  /**
   * Finds or fetches the Sources of a package, whatever their bytes, and writes the digests as its signatures.
   * @returns the signatures file
   * @throws ProblemsError, nothing written, when one is missing
   */
  writeSignatures(spec: SourcesOf): Promise<string>;
}

interface Fetching {
  places: SourceLocations;
  log: Log;
  downloader: Downloader;
  archive: DebianArchive | undefined;
}

/** Opens the sources of a run: it remembers which hosts are silent and fetches each file once. */
export function openSources(
  places: SourceLocations,
  options: { log: Log; signal?: AbortSignal; downloads?: DownloaderOptions },
): Sources {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const { debian } = places;
  const fetching: Fetching = {
    places,
    log: options.log,
    downloader: makeDownloader({ ...options.downloads, ...signal }),
    archive:
      debian &&
      debianArchive({ suite: debian.suite, dir: join(places.cacheDir, `debian-${debian.suite}`), ...signal }),
  };
  const underWay = new Map<string, Promise<string | string[]>>();
  const fetchOnce = (source: SpecSource, digest: string | undefined) => {
    const id = `${digest ?? ''}/${source.name}`;
    const running =
      underWay.get(id) ?? fetchSource(fetching, source, digest).finally(() => underWay.delete(id));
    underWay.set(id, running);
    return running;
  };

  const locate = async (
    spec: SourcesOf,
    sources: readonly SpecSource[],
    digestOf: (source: SpecSource) => string | undefined,
    anyBytes: boolean,
  ) => {
    const found = new Map<string, string>();
    const problems: Problem[] = [];
    const search = async (source: SpecSource) => {
      const digest = digestOf(source);
      const local = await localFile(places, spec, source);
      if (local !== undefined && 'problem' in local) {
        problems.push(local.problem);
      } else if (local !== undefined) {
        const now = anyBytes ? undefined : await fileDigest(local.path);
        if (now === digest) found.set(source.name, local.path);
        else problems.push(wrongDigest(local.path, digest ?? 'nothing', now ?? '', spec.package));
      } else if (source.kind === 'patch' || (digest === undefined && !anyBytes)) {
        problems.push(missing(places, spec, source, []));
      } else {
        const fetched = await fetchOnce(source, digest);
        if (typeof fetched === 'string') found.set(source.name, fetched);
        else problems.push(missing(places, spec, source, fetched));
      }
    };
    const ended = await Promise.allSettled(sources.map(search));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    failOnProblems(problems);
    return found;
  };

  const known = new Map<string, Promise<Readonly<Record<string, string>>>>();
  const ownDigests = async (spec: SourcesOf) => {
    const { digests, problems } = await digestsOf(places, spec, await readSignatures(places.specsDir, spec));
    failOnProblems(problems);
    return digests;
  };

  return {
    digests: (spec) => {
      const there = known.get(spec.package) ?? ownDigests(spec);
      known.set(spec.package, there);
      return there;
    },
    locate: (spec, digests) => {
      const digestOf = ({ name }: SpecSource) => (Object.hasOwn(digests, name) ? digests[name] : undefined);
      return locate(spec, spec.sources, digestOf, false);
    },
    writeSignatures: async (spec) => {
      const sources = spec.sources.filter(({ kind }) => kind === 'source');
      const signatures = new Map<string, string>();
      for (const [name, path] of await locate(spec, sources, () => undefined, true))
        signatures.set(name, await fileDigest(path));
      return await writeSignatures(places.specsDir, spec, signatures);
    },
  };
}

/** Addresses to ask for a source, in order: its own, then by name below `source-url`. Pure. */
export function addressesOf(source: Pick<SpecSource, 'name' | 'url'>, sourceUrl: string): string[] {
  const own = source.url === undefined ? [] : [source.url.replace(/#.*$/, '')];
  const below =
    sourceUrl === '' ? [] : [`${sourceUrl.replace(/\/+$/, '')}/${encodeURIComponent(source.name)}`];
  return [...new Set([...own, ...below])];
}

/** Out of the cache, or fetched into it: the path, or what each place answered. */
async function fetchSource(
  { places, log, downloader, archive }: Fetching,
  source: SpecSource,
  digest: string | undefined,
): Promise<string | string[]> {
  const folder = join(places.cacheDir, digest ?? 'unsigned');
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
  /** Gives a whole file its name, if it is the right one. */
  const keep = async (place: string): Promise<string | undefined> => {
    const found = await fileDigest(part);
    if (digest !== undefined && found !== digest) {
      failures.push(`${place}: other bytes, SHA-256 ${found} instead of ${digest}`);
      return undefined;
    }
    const path = join(places.cacheDir, found, source.name);
    await mkdir(dirname(path), { recursive: true });
    await rename(part, path);
    log.info(`${source.name}: from ${place}`);
    return path;
  };
  try {
    log.progress(`fetching ${source.name}`);
    for (const address of addressesOf(source, places.sourceUrl)) {
      const answer = await downloader.download(address, part);
      const path = 'digest' in answer ? await keep(address) : undefined;
      if (path !== undefined) return path;
      if ('failure' in answer) failures.push(`${address}: ${answer.failure}`);
    }
    const twin = places.debian?.files.get(source.name);
    if (twin !== undefined && archive !== undefined) {
      const place = `Debian ${places.debian?.suite}, source package ${twin.package} ${twin.version}`;
      const answer = await archive.fetch(twin, part);
      const path = answer === undefined ? await keep(place) : undefined;
      if (path !== undefined) return path;
      if (answer !== undefined) failures.push(`${place}: ${answer.fault}`);
    }
    return failures;
  } finally {
    await rm(part, { force: true });
  }
}
