import { failOnProblems, type Problem } from '../base/problems.ts';
import { fileDigest } from '../host/digests.ts';
import type { SpecSource } from '../model/spec.ts';
import { type Fetch, type FetchOptions, openFetch, type SourceLocations } from './fetch-source.ts';
import { digestsOf, findLocal, missing, type SourcesOf, wrongDigests } from './local-files.ts';
import { readSignatures, writeSignatures } from './signatures.ts';

/** The sources of one run. */
export interface Sources {
  /** Returns the digests of all sources and patches, without a download. @throws ProblemsError with all errors */
  digests(spec: SourcesOf): Promise<Readonly<Record<string, string>>>;
  /**
   * Finds every source of a package: in the folder of the spec, in the source folders, among earlier downloads, by URL, and in
   * Debian's archive.
   * @returns base name → path of a file with the right digest
   * @throws ProblemsError that names, for each missing source, every location that was tried
   */
  locate(spec: SourcesOf, digests: Readonly<Record<string, string>>): Promise<Map<string, string>>;
  /**
   * Finds the sources of a package, whatever their bytes, and writes their digests as its signatures.
   * @param which `missing`: only those that have no signature, and the others stay as they are
   * @returns the path of the signatures file; undefined if nothing had to be written
   * @throws ProblemsError when a source is missing; then nothing is written
   */
  writeSignatures(spec: SourcesOf, which: 'all' | 'missing'): Promise<string | undefined>;
}

/** Opens the sources of a run. Each file is downloaded once, and a host that does not answer is not asked again. */
export function openSources(locations: SourceLocations, options: FetchOptions): Sources {
  const fetch = openFetch(locations, options);
  const known = new Map<string, Promise<Readonly<Record<string, string>>>>();
  const ownDigests = async (spec: SourcesOf) => {
    const signatures = await readSignatures(spec);
    const { digests, problems } = await digestsOf(locations, spec, signatures);
    failOnProblems(problems);
    return digests;
  };
  const locate = (spec: SourcesOf, wanted: Wanted[]) => locateAll(wanted, locateOne(locations, spec, fetch));

  return {
    digests: (spec) => {
      const digests = known.get(spec.package) ?? ownDigests(spec);
      known.set(spec.package, digests);
      return digests;
    },
    locate: (spec, digests) => {
      const digestOf = (name: string) => (Object.hasOwn(digests, name) ? digests[name] : undefined);
      const wanted = spec.sources.map((source) => ({ source, digest: digestOf(source.name) }));
      return locate(spec, wanted);
    },
    writeSignatures: async (spec, which) => {
      const signatures = new Map(which === 'all' ? [] : await readSignatures(spec));
      const sources = spec.sources.filter(({ kind, name }) => kind === 'source' && !signatures.has(name));
      if (which === 'missing' && sources.length === 0) return undefined;
      const wanted = sources.map((source) => ({ source, digest: 'any' }));
      const found = await locate(spec, wanted);
      for (const [name, path] of found) signatures.set(name, await fileDigest(path));
      return await writeSignatures(spec, signatures);
    },
  };
}

/** A source, and the digest that its file must have; undefined if none is known, `any` if every file will do. */
interface Wanted {
  source: SpecSource;
  digest: string | undefined | 'any';
}

/** Locates all sources at once. @throws ProblemsError with the problem of each that has one */
async function locateAll(
  wanted: readonly Wanted[],
  locateEach: (wanted: Wanted) => Promise<string | Problem>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const problems: Problem[] = [];
  const ended = await Promise.allSettled(
    wanted.map(async (one) => {
      const location = await locateEach(one);
      if (typeof location === 'string') found.set(one.source.name, location);
      else problems.push(location);
    }),
  );
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  failOnProblems(problems);
  return found;
}

/** Returns a function that locates a source of a spec: the path of the file, or why there is none. */
function locateOne(locations: SourceLocations, spec: SourcesOf, fetch: Fetch) {
  const find = findLocal(locations, spec);
  return async ({ source, digest }: Wanted): Promise<string | Problem> => {
    const local = await find(source);
    if (local !== undefined && 'problem' in local) return local.problem;
    if (local !== undefined) {
      const found = digest === 'any' ? 'any' : await fileDigest(local.path);
      if (found === digest) return local.path;
      return wrongDigests(spec)(source, local.path, digest ?? 'nothing', found);
    }
    if (source.kind === 'patch' || digest === undefined) return missing(locations, spec, source, []);
    const fetched = await fetch(source, digest === 'any' ? undefined : digest);
    return typeof fetched === 'string' ? fetched : missing(locations, spec, source, fetched);
  };
}
