import { posix } from 'node:path';
import { isDigest, isName } from '../base/untrusted.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import { rpmFile } from '../rpm/version.ts';
import { MetadataError, parseXml } from './xml.ts';

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

/** The most bytes of a package list. That of all of Fedora has less than 200 MiB. */
const mostBytes = 1 << 28;
/** The most bytes of a `repomd.xml`, which has some kilobytes. */
export const mostRepomdBytes = 1 << 20;
/** The most packages, and the most capabilities and paths of all of them: Fedora has 75,000, and some millions. */
const mostPackages = 1 << 18;
const mostEntries = 1 << 23;
/** The longest name of a file on Linux. */
const longestName = 255;
/** The longest capability, path or place. */
const longest = 1 << 14;

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
  await parseXml([text], mostRepomdBytes, {
    open: ({ name, attributes }) => {
      if (name === 'data')
        inside = { type: attributes['type'] ?? '', sha256: '', href: '', openSize: mostBytes };
      if (name === 'location' && inside !== undefined) inside.href = hrefOf(attributes, inside.href);
    },
    close: ({ name, attributes, text: value }) => {
      if (inside === undefined) return;
      if (name === 'checksum' && attributes['type'] === 'sha256')
        inside.sha256 = once(name, inside.sha256, value);
      if (name === 'open-size') inside.openSize = openSizeOf(value);
      if (name !== 'data') return;
      const { type, href, sha256, openSize } = inside;
      if (lists.has(type)) throw new MetadataError(`it names two lists ${shown(type)}`);
      if (['primary', 'filelists', 'other'].includes(type))
        lists.set(type, { ...listed(href, sha256), openSize });
      inside = undefined;
    },
  });
  return lists;
}

/** Returns the size that a list states of itself. @throws MetadataError for none, and for one that no list has */
function openSizeOf(text: string): number {
  const size = Number(text);
  if (/^[0-9]+$/.test(text) && size <= mostBytes) return size;
  throw new MetadataError(`a list in it has ${shown(text)} bytes, of at most ${mostBytes}`);
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
 * Reads the RPMs of some architectures in a package list (`primary.xml`), in its order. One that is there twice, with the
 * same digest, counts once.
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
  let kind: ReturnType<typeof capabilityList> | undefined;
  let packages = 0;
  let entries = 0;
  const count = () => {
    if (++entries > mostEntries)
      throw new MetadataError(`it has more than ${mostEntries} capabilities and paths`);
  };
  await parseXml(chunks, openSize, {
    open: ({ name, attributes }) => {
      if (name === 'package') {
        if (one !== undefined) throw new MetadataError('it has a package in a package');
        if (++packages > mostPackages) throw new MetadataError(`it has more than ${mostPackages} packages`);
        one = { rpm: emptyRpm(), href: '', sha256: '' };
      }
      if (one === undefined) return;
      const { rpm } = one;
      const list = dependencies.get(name as 'rpm:provides');
      if (list !== undefined) kind = capabilityList(rpm[list]);
      else if (name === 'rpm:entry' && kind !== undefined) {
        count();
        kind.add(attributes);
      } else if (name === 'version') {
        const { epoch = '0', ver = '', rel = '' } = attributes;
        rpm.version = once('version', rpm.version, ver);
        Object.assign(rpm, { epoch: wholeNumber(epoch), release: rel });
      } else if (name === 'location') one.href = hrefOf(attributes, one.href);
      else if (name === 'size') rpm.size = wholeNumber(attributes['package'] ?? '0');
    },
    close: ({ name, attributes, text }) => {
      if (one === undefined) return;
      const { rpm } = one;
      if (name === 'name' || name === 'arch') rpm[name] = once(name, rpm[name], text);
      else if (name === 'checksum' && attributes['type'] === 'sha256')
        one.sha256 = once(name, one.sha256, text);
      else if (name === 'rpm:sourcerpm') rpm.sourceRpm = text;
      else if (name === 'file') {
        count();
        (attributes['type'] === 'dir' ? rpm.folders : rpm.files).push(short(text));
      } else if (dependencies.has(name as 'rpm:provides')) kind = undefined;
      else if (name === 'package') {
        const sound = architectures.includes(rpm.arch) ? soundRpm(one) : undefined;
        if (sound !== undefined) addOnce(found, sound);
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

/** Fills a list of capabilities, each once. */
function capabilityList(list: Capability[]) {
  const known = new Set(list);
  return {
    add: (attributes: Record<string, string>): void => {
      const { name = '', flags, epoch = '0', ver, rel } = attributes;
      if (name === '' || name.startsWith('rpmlib(')) return;
      const comparison = comparisons.get(flags ?? '');
      const version = `${epoch === '0' ? '' : `${epoch}:`}${ver}${rel === undefined ? '' : `-${rel}`}`;
      const isVersioned = comparison !== undefined && ver !== undefined;
      const capability = short(isVersioned ? `${name} ${comparison} ${version}` : name);
      if (known.has(capability)) return;
      known.add(capability);
      list.push(capability);
    },
  };
}

function short(text: string): string {
  if (text.length <= longest) return text;
  throw new MetadataError(`it has a name of ${text.length} characters, of at most ${longest}`);
}

/** Returns a value that nothing stated before: another reader might take the other one. @throws MetadataError */
function once(what: string, before: string, now: string): string {
  if (before === '') return now;
  throw new MetadataError(`a part of it has two values of ${what}: ${shown(before)} and ${shown(now)}`);
}

function hrefOf(attributes: Record<string, string>, before: string): string {
  const base = attributes['xml:base'];
  if (base !== undefined)
    throw new MetadataError(`a file in it is at another address, ${shown(base)} (xml:base)`);
  return once('location', before, short(attributes['href'] ?? ''));
}

/** Returns a number of a list; NaN for what is none. */
function wholeNumber(text: string): number {
  return /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
}

/** Returns a text of a stranger for people. */
function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function addOnce(found: Map<string, ListedRpm>, one: ListedRpm): void {
  const { file } = one.rpm;
  const other = found.get(file);
  if (other === undefined) found.set(file, one);
  else if (other.sha256 !== one.sha256)
    throw new MetadataError(`it has two packages ${file}, at ${other.href} and at ${one.href}`);
}

/**
 * Returns an RPM of the list after checks: its file's name follows from what it is, and no other package can have it.
 * @throws MetadataError for a bad name, path, number or digest
 */
function soundRpm({ rpm, href, sha256 }: ListedRpm): ListedRpm {
  for (const field of ['name', 'version', 'release', 'arch'] as const)
    if (!isName(rpm[field]) || (field !== 'name' && rpm[field].includes('-')))
      throw new MetadataError(`a package in it has the ${field} ${shown(rpm[field])}`);
  const file = rpmFile(rpm);
  if (file.length > longestName) throw new MetadataError(`a package in it has the name ${shown(file)}`);
  if (posix.basename(href) !== file)
    throw new MetadataError(`the package ${file} in it is at ${shown(href)}, which has the name of another`);
  if (!Number.isSafeInteger(rpm.epoch) || !Number.isSafeInteger(rpm.size))
    throw new MetadataError(`the package ${rpm.name} in it has no epoch or no size`);
  return { ...listed(href, sha256), rpm: { ...rpm, file, shipDigest: sha256 } };
}

function listed(href: string, sha256: string): Listed {
  if (!isDigest(sha256))
    throw new MetadataError(`${href === '' ? 'a file' : shown(href)} in it has no SHA-256`);
  const isPlain = (part: string) => /^[\w+~^.:@%-]+$/.test(part) && !/^(%2e|\.){1,2}$/i.test(part);
  if (!href.split('/').every(isPlain) || /^\w+:/.test(href))
    throw new MetadataError(`a file in it is at ${shown(href)}, which may lead elsewhere`);
  return { href, sha256 };
}
