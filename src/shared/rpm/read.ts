import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { order } from '../base/order.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import { decodeTag, type Header, RpmFormatError, type RpmFront, readFront, type TagValue } from './header.ts';
import { outputDigest } from './output-digest.ts';
import { type DependencyTags, dependencyTags, sense, tags } from './tags.ts';

/** The facts of an SRPM file that azl uses. */
type SrpmFacts = Pick<Rpm, 'file' | 'name' | 'version' | 'release' | 'size' | 'shipDigest'>;

/**
 * Returns the facts of a binary RPM file that the solver, keys and repositories use. Requirements on rpm itself
 * (`rpmlib(…)`) are left out: rpm checks them when it installs.
 * @throws RpmFormatError that names the file when it is not a sound binary RPM
 */
export async function readRpm(path: string): Promise<Rpm> {
  return await withFront(path, async (front, file) => {
    if (front.isSource) throw new RpmFormatError('it is a source RPM');
    return { ...rpmFacts(basename(path), front.main), ...(await wholeFile(file)) };
  });
}

/** Returns the facts of a source RPM file. @throws RpmFormatError that names the file when it is not a source RPM */
export async function readSrpm(path: string): Promise<SrpmFacts> {
  return await withFront(path, async (front, file) => {
    if (!front.isSource) throw new RpmFormatError('it is no source RPM');
    return { file: basename(path), ...nameFacts(front.main), ...(await wholeFile(file)) };
  });
}

/** Returns the main header of an RPM file of either kind. @throws RpmFormatError that names the file */
export async function readMainHeader(path: string): Promise<Header> {
  return await withFront(path, async (front) => front.main);
}

const sha256 = 8;

/** Returns the SHA-256 of each file of a source RPM, by name; undefined where it has another digest. Pure. */
export function packedFiles(main: Header): Map<string, string | undefined> {
  const names = texts(main, tags.baseNames);
  const digests = texts(main, tags.fileDigests);
  const isSha256 = numbers(main, tags.fileDigestAlgo)[0] === sha256;
  return new Map(names.map((name, index) => [name, isSha256 ? digests[index] : undefined]));
}

/** Returns the part of {@link readRpm} that the main header holds. Pure. */
export function rpmFacts(file: string, main: Header): Omit<Rpm, 'size' | 'shipDigest'> {
  return {
    file,
    ...nameFacts(main),
    epoch: numbers(main, tags.epoch)[0] ?? 0,
    arch: word(main, tags.arch),
    sourceRpm: texts(main, tags.sourceRpm)[0] ?? '',
    outputDigest: outputDigest(main),
    provides: capabilities(main, dependencyTags.provide),
    requires: capabilities(main, dependencyTags.require),
    conflicts: capabilities(main, dependencyTags.conflict),
    obsoletes: capabilities(main, dependencyTags.obsolete),
    ...pathsOf(main),
  };
}

function nameFacts(main: Header): Pick<Rpm, 'name' | 'version' | 'release'> {
  return {
    name: word(main, tags.name),
    version: word(main, tags.version),
    release: word(main, tags.release),
  };
}

/** Returns the texts of a tag, none if it is absent. @throws RpmFormatError for a tag of another type */
function texts(main: Header, number: number): string[] {
  const value = tagValue(main, number);
  if (value === undefined) return [];
  if (value.type === 'string' || value.type === 'strings' || value.type === 'i18n') return value.values;
  throw new RpmFormatError(`tag ${number} is no text`);
}

/** Returns the numbers of a tag, none if it is absent. @throws RpmFormatError for a tag of another type */
function numbers(main: Header, number: number): number[] {
  const value = tagValue(main, number);
  if (value === undefined) return [];
  if (value.type === 'int8' || value.type === 'int16' || value.type === 'int32') return value.values;
  throw new RpmFormatError(`tag ${number} is no number`);
}

function tagValue(main: Header, number: number): TagValue | undefined {
  const tag = main.tags.find((one) => one.tag === number);
  return tag === undefined ? undefined : decodeTag(tag);
}

/** Returns a text that is part of file names. */
function word(main: Header, number: number): string {
  const [text = ''] = texts(main, number);
  if (/^[^\s/\p{Cc}]+$/u.test(text)) return text;
  throw new RpmFormatError(`tag ${number} is ${text === '' ? 'missing' : JSON.stringify(text)}`);
}

function capabilities(main: Header, kind: DependencyTags): Capability[] {
  const names = texts(main, kind.name);
  const versions = texts(main, kind.version);
  const flags = numbers(main, kind.flags);
  if (names.length > 0 && (versions.length !== names.length || flags.length !== names.length)) {
    throw new RpmFormatError(`tags ${kind.name}, ${kind.flags} and ${kind.version} differ in length`);
  }
  const found = new Set<Capability>();
  for (const [index, name] of names.entries()) {
    const flag = flags[index] as number;
    if ((flag & sense.rpmlib) !== 0 || name.startsWith('rpmlib(')) continue;
    const comparison = comparisonOf(flag);
    const version = versions[index];
    found.add(name.startsWith('(') || !comparison || !version ? name : `${name} ${comparison} ${version}`);
  }
  return [...found].sort(order);
}

function comparisonOf(flags: number): string {
  const strict = (flags & sense.less ? '<' : '') + (flags & sense.greater ? '>' : '');
  return strict + (flags & sense.equal ? '=' : '');
}

const folderBits = 0o040000;
const typeBits = 0o170000;

function pathsOf(main: Header): { files: string[]; folders: string[] } {
  const names = texts(main, tags.baseNames);
  const folderNames = texts(main, tags.dirNames);
  const indexes = numbers(main, tags.dirIndexes);
  const modes = numbers(main, tags.fileModes);
  if (indexes.length !== names.length || modes.length !== names.length) {
    throw new RpmFormatError('its list of files is not whole');
  }
  const files: string[] = [];
  const folders: string[] = [];
  for (const [index, name] of names.entries()) {
    const folder = folderNames[indexes[index] as number];
    if (folder === undefined) throw new RpmFormatError(`file ${JSON.stringify(name)} has no folder`);
    const isFolder = ((modes[index] as number) & typeBits) === folderBits;
    (isFolder ? folders : files).push(folder + name);
  }
  return { files: files.sort(order), folders: folders.sort(order) };
}

async function withFront<T>(
  path: string,
  body: (front: RpmFront, file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await body(await readFront(file), file);
  } catch (error) {
    if (error instanceof RpmFormatError) error.message = `${path}: ${error.message}`;
    throw error;
  } finally {
    await file.close();
  }
}

async function wholeFile(file: FileHandle): Promise<Pick<Rpm, 'size' | 'shipDigest'>> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, shipDigest: hash.digest('hex') };
}
