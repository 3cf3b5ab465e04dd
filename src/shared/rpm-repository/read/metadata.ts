import { posix } from 'node:path';
import { isDigest, isName } from '../../base/untrusted.ts';
import type { Capability, Rpm } from '../../model/rpm.ts';
import { MetadataError, parseXml } from '../xml.ts';

/** A file that a repository lists. */
export interface Listed {
  /** Its path below the repository's address, checked to stay there. */
  href: string;
  sha256: string;
}

/** An RPM of a repository. `rpm` holds the list's data: of its files only those that are often required. */
export interface ListedRpm extends Listed {
  rpm: Rpm;
}

/** A list of packages, and its bytes when decompressed. */
type PackageList = Listed & { openSize: number };

const mostBytes = 4 * 1024 ** 3;

/** Reads the package list that a `repomd.xml` of createrepo_c names. @throws MetadataError */
export async function readRepomd(text: string): Promise<PackageList> {
  const list = (await readLists(text)).get('primary');
  if (list === undefined) throw new MetadataError('it names no list of packages (primary)');
  return list;
}

/** Reads the lists that a `repomd.xml` names, by type. @throws MetadataError */
export async function readLists(text: string): Promise<Map<string, PackageList>> {
  const lists = new Map<string, PackageList>();
  let inside: (PackageList & { type: string }) | undefined;
  await parseXml([text], mostBytes, {
    open: ({ name, attributes }) => {
      if (name === 'data')
        inside = { type: attributes['type'] ?? '', sha256: '', href: '', openSize: mostBytes };
      if (name === 'location' && inside !== undefined) inside.href = attributes['href'] ?? '';
    },
    close: ({ name, attributes, text: value }) => {
      if (inside === undefined) return;
      if (name === 'checksum' && attributes['type'] === 'sha256') inside.sha256 = value;
      if (name === 'open-size') inside.openSize = Math.min(mostBytes, Number(value));
      if (name !== 'data') return;
      const { type, href, sha256, openSize } = inside;
      if (['primary', 'filelists', 'other'].includes(type))
        lists.set(type, { ...listed(href, sha256), openSize });
      inside = undefined;
    },
  });
  return lists;
}

/** Names of the four kinds of dependencies in a list of packages. */
const dependencies = new Map([
  ['rpm:provides', 'provides'],
  ['rpm:requires', 'requires'],
  ['rpm:conflicts', 'conflicts'],
  ['rpm:obsoletes', 'obsoletes'],
] as const);

const comparisons = new Map([
  ['EQ', '='],
  ['LT', '<'],
  ['GT', '>'],
  ['LE', '<='],
  ['GE', '>='],
]);

/**
 * Reads the RPMs of some architectures in a package list (`primary.xml`), in its order; of one file name the first.
 * @param openSize the most bytes that the list may have
 * @throws MetadataError
 */
export async function readPrimary(
  chunks: AsyncIterable<Uint8Array> | Iterable<string>,
  architectures: readonly string[],
  openSize: number = mostBytes,
): Promise<ListedRpm[]> {
  const found = new Map<string, ListedRpm>();
  let one: ListedRpm | undefined;
  let kind: Capability[] | undefined;
  await parseXml(chunks, openSize, {
    open: ({ name, attributes }) => {
      if (name === 'package') one = { rpm: emptyRpm(), href: '', sha256: '' };
      if (one === undefined) return;
      const { rpm } = one;
      const list = dependencies.get(name as 'rpm:provides');
      if (list !== undefined) kind = rpm[list];
      else if (name === 'rpm:entry' && kind !== undefined) addCapability(kind, attributes);
      else if (name === 'version') {
        const { epoch = 0, ver: version = '', rel: release = '' } = attributes;
        Object.assign(rpm, { epoch: Number(epoch), version, release });
      } else if (name === 'location') one.href = attributes['href'] ?? '';
      else if (name === 'size') rpm.size = Number(attributes['package'] ?? 0);
    },
    close: ({ name, attributes, text }) => {
      if (one === undefined) return;
      const { rpm } = one;
      if (name === 'name' || name === 'arch') rpm[name] = text;
      else if (name === 'checksum' && attributes['type'] === 'sha256') one.sha256 = text;
      else if (name === 'rpm:sourcerpm') rpm.sourceRpm = text;
      else if (name === 'file') (attributes['type'] === 'dir' ? rpm.folders : rpm.files).push(text);
      else if (dependencies.has(name as 'rpm:provides')) kind = undefined;
      else if (name === 'package') {
        const sound = architectures.includes(rpm.arch) ? soundRpm(one) : undefined;
        if (sound !== undefined && !found.has(sound.rpm.file)) found.set(sound.rpm.file, sound);
        one = undefined;
      }
    },
  });
  return [...found.values()];
}

function emptyRpm(): Rpm {
  return {
    ...{ file: '', name: '', epoch: 0, version: '', release: '', arch: '', sourceRpm: '', size: 0 },
    ...{ shipDigest: '', outputDigest: '', provides: [], requires: [], conflicts: [], obsoletes: [] },
    ...{ files: [], folders: [] },
  };
}

function addCapability(to: Capability[], attributes: Record<string, string>): void {
  const { name = '', flags, epoch = '0', ver, rel } = attributes;
  if (name === '' || name.startsWith('rpmlib(')) return;
  const comparison = comparisons.get(flags ?? '');
  const version = `${epoch === '0' ? '' : `${epoch}:`}${ver}${rel === undefined ? '' : `-${rel}`}`;
  const capability =
    comparison === undefined || ver === undefined ? name : `${name} ${comparison} ${version}`;
  if (!to.includes(capability)) to.push(capability);
}

/** Returns an RPM of the list after checks. @throws MetadataError for a bad name, path, number or digest */
function soundRpm({ rpm, href, sha256 }: ListedRpm): ListedRpm {
  for (const field of ['name', 'version', 'release', 'arch'] as const)
    if (!isName(rpm[field]))
      throw new MetadataError(`a package in it has the ${field} ${JSON.stringify(rpm[field])}`);
  const file = posix.basename(href);
  if (!isName(file) || !file.endsWith('.rpm'))
    throw new MetadataError(`the package ${rpm.name} in it is at ${JSON.stringify(href)}`);
  if (!Number.isSafeInteger(rpm.epoch) || !Number.isSafeInteger(rpm.size))
    throw new MetadataError(`the package ${rpm.name} in it has no epoch or no size`);
  return { ...listed(href, sha256), rpm: { ...rpm, file, shipDigest: sha256 } };
}

function listed(href: string, sha256: string): Listed {
  if (!isDigest(sha256)) throw new MetadataError(`${href || 'a file'} in it has no SHA-256`);
  const isPlain = (part: string) => /^[\w+~^.:@%-]+$/.test(part) && !/^(%2e|\.){1,2}$/i.test(part);
  if (!href.split('/').every(isPlain) || /^\w+:/.test(href))
    throw new MetadataError(`a file in it is at ${JSON.stringify(href)}, which may lead elsewhere`);
  return { href, sha256 };
}
