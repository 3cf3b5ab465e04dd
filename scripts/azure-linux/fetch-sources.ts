import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileDigest } from '../../src/shared/host/digests.ts';
import { ifAbsent, tempSibling } from '../../src/shared/host/files.ts';
import { type DebianArchive, debianArchive } from '../../src/shared/sources/debian-archive.ts';
import type { ListedSource, ListedSpec } from './list.ts';

/** A source that could not be had, and why. */
export interface AbsentSource {
  spec: string;
  file: string;
  reason: string;
}

/** Files that one call of apt fetches: an interrupted download loses at most these. */
const batchSize = 40;

/**
 * Fetches the sources of specs from Debian's mirror to where a build finds earlier downloads:
 * `<cacheDir>/sources/<sha256>/<name>`. What is there already is not fetched again.
 * @returns the sources that the mirror does not have any more
 */
export async function fetchSources(
  specs: readonly ListedSpec[],
  cacheDir: string,
  say: (line: string) => void,
): Promise<AbsentSource[]> {
  const dir = join(cacheDir, 'sources');
  const wanted: { spec: string; source: ListedSource }[] = [];
  for (const { spec, sources } of specs)
    for (const source of sources) if (!(await isThere(dir, source))) wanted.push({ spec, source });
  if (wanted.length === 0) return [];
  const megabytes = wanted.reduce((sum, { source }) => sum + source.size, 0) / 1e6;
  say(`Fetching ${wanted.length} sources (${megabytes.toFixed(0)} MB) from the host's mirror`);
  const archives = new Map<string, DebianArchive>();
  const absent: AbsentSource[] = [];
  for (let start = 0; start < wanted.length; start += batchSize) {
    const batch = wanted.slice(start, start + batchSize);
    await Promise.all(
      batch.map(async ({ spec, source }) => {
        const { suite } = source;
        const archive = archives.get(suite) ?? debianArchive({ suite, dir: join(dir, `debian-${suite}`) });
        archives.set(suite, archive);
        const reason = await fetchOne(source, dir, archive);
        if (reason !== undefined) absent.push({ spec, file: source.file, reason });
      }),
    );
    say(`  ${Math.min(start + batchSize, wanted.length)} of ${wanted.length}`);
  }
  return absent;
}

const pathOf = (dir: string, { sha256, file }: ListedSource) => join(dir, sha256, file);

async function isThere(dir: string, source: ListedSource): Promise<boolean> {
  const path = pathOf(dir, source);
  const size = await stat(path).then((found) => found.size, ifAbsent(undefined));
  return size !== undefined && (await fileDigest(path)) === source.sha256;
}

/** @returns why there is no file, if there is none */
async function fetchOne(
  source: ListedSource,
  dir: string,
  archive: DebianArchive,
): Promise<string | undefined> {
  const path = pathOf(dir, source);
  await mkdir(dirname(path), { recursive: true });
  const part = tempSibling(path);
  try {
    const { package: name, version, debianFile } = source;
    const failure = await archive.fetch({ package: name, version, file: debianFile }, part);
    if (failure !== undefined) return failure;
    const found = await fileDigest(part);
    if (found !== source.sha256) return `${debianFile} has SHA-256 ${found}, the list says ${source.sha256}`;
    await rename(part, path);
    return undefined;
  } finally {
    await rm(part, { force: true });
  }
}
