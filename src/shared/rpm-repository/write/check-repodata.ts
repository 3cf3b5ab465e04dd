import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lastLines } from '../../base/last-lines.ts';
import { problem } from '../../base/problems.ts';
import { fileDigest } from '../../host/digests.ts';
import { unpacked } from '../../repositories/fetch.ts';
import { readLists } from '../../repositories/metadata.ts';
import { MetadataError, parseXml } from '../../repositories/xml.ts';
import { readRpm } from '../../rpm/read.ts';
import { nevra } from '../../rpm/version.ts';

/** An RPM, as its file or as a list of a repository has it. */
export interface ListEntry {
  /** `name-epoch:version-release.arch`. */
  nevra: string;
  /** SHA-256 of its file. */
  digest: string;
  /** Number of its paths. Undefined in a list without them. */
  paths?: number | undefined;
}

/** One list of a repository: the number of packages that its first element names, and its packages. */
export interface PackageList {
  count: number;
  entries: ListEntry[];
}

/**
 * Compares the lists of a new repository with its RPM files. createrepo_c leaves out a package that it cannot list, and
 * ends well.
 * @param repodata the folder with `repomd.xml`
 * @param rpms paths of all RPM files below `dir`
 * @param said the output of createrepo_c
 * @throws ProblemsError with the name of each RPM that differs
 */
export async function checkRepodata(
  { dir, repodata, rpms }: { dir: string; repodata: string; rpms: readonly string[] },
  said: string,
): Promise<void> {
  const files = new Map<string, ListEntry>();
  for (const path of rpms) {
    const rpm = await readRpm(path);
    const paths = rpm.files.length + rpm.folders.length;
    files.set(relative(dir, path), { nevra: nevra(rpm), digest: rpm.shipDigest, paths });
  }
  const differing = await differingLists(repodata, [...files.values()]).catch((error: unknown) => {
    if (error instanceof MetadataError) return [`${error.message}`];
    throw error;
  });
  if (differing.length === 0) return;
  const end = lastLines(said, 6);
  throw problem(
    `createrepo_c did not list ${dir} as it is: ${differing.join('; ')}${end === '' ? '' : `\n${end}`}`,
  );
}

async function differingLists(repodata: string, files: readonly ListEntry[]): Promise<string[]> {
  const lists = await readLists(await readFile(join(repodata, 'repomd.xml'), 'utf8'));
  const differing: string[] = [];
  for (const type of ['primary', 'filelists', 'other']) {
    const list = lists.get(type);
    if (list === undefined) {
      differing.push(`there is no list '${type}'`);
      continue;
    }
    const path = join(repodata, '..', list.href);
    if ((await fileDigest(path)) !== list.sha256)
      differing.push(`${type}.xml has other bytes than repomd.xml says`);
    const chunks = unpacked(path);
    differing.push(...listDifferences(type, await readList(chunks, type, list.openSize), files));
  }
  return differing;
}

/** Reads the packages of a list of any type. @throws MetadataError */
export async function readList(
  chunks: AsyncIterable<Uint8Array> | Iterable<string>,
  type: string,
  openSize: number,
): Promise<PackageList> {
  const list: PackageList = { count: 0, entries: [] };
  const isPrimary = type === 'primary';
  let one = { name: '', arch: '', evr: '', digest: '', paths: 0 };
  await parseXml(chunks, openSize, {
    open: ({ name, attributes }) => {
      if (attributes['packages'] !== undefined) list.count = Number(attributes['packages']);
      const { epoch = '0', ver, rel } = attributes;
      if (name === 'version') one.evr = `${epoch}:${ver}-${rel}`;
      if (name !== 'package') return;
      one = { name: attributes['name'] ?? '', arch: attributes['arch'] ?? '', evr: '', digest: '', paths: 0 };
      one.digest = attributes['pkgid'] ?? '';
    },
    close: ({ name, text }) => {
      if (isPrimary && (name === 'name' || name === 'arch')) one[name] = text;
      else if (isPrimary && name === 'checksum') one.digest = text;
      else if (name === 'file') one.paths += 1;
      else if (name === 'package') {
        const { digest, paths } = one;
        const name = `${one.name}-${one.evr}.${one.arch}`;
        list.entries.push({ nevra: name, digest, paths: type === 'filelists' ? paths : undefined });
      }
    },
  });
  return list;
}

/** Returns where a list differs from the RPM files, in words that name each RPM. Pure. */
export function listDifferences(type: string, list: PackageList, files: readonly ListEntry[]): string[] {
  const found = new Map(list.entries.map((entry) => [entry.digest, entry]));
  const known = new Set(files.map(({ digest }) => digest));
  const differing = files.flatMap(({ nevra: name, digest, paths }) => {
    const entry = found.get(digest);
    if (entry === undefined) return [`${name} is not in ${type}.xml`];
    if (entry.nevra !== name) return [`${name} is ${entry.nevra} in ${type}.xml`];
    if (entry.paths === undefined || entry.paths === paths) return [];
    return [`${name} has ${paths} paths, and ${entry.paths} in ${type}.xml`];
  });
  const surplus = list.entries
    .filter(({ digest }) => !known.has(digest))
    .map(({ nevra }) => `${nevra} is in ${type}.xml and no file`);
  const listed = list.entries.length;
  const twice = listed > found.size ? [`${listed - found.size} packages are twice in ${type}.xml`] : [];
  const miscounted =
    list.count === listed ? [] : [`${type}.xml has ${listed} packages and states ${list.count}`];
  return [...differing, ...surplus, ...twice, ...miscounted];
}
