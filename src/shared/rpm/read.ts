import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { order } from '../base/order.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import { decodeTag, type Header, RpmFormatError, type RpmFront, readFront } from './header.ts';
import { outputDigest } from './output-digest.ts';
import { type DependencyTags, dependencyTags, sense, tags } from './tags.ts';

/** The facts of an SRPM file that azl uses. */
export interface SrpmFacts {
  file: string;
  name: string;
  version: string;
  release: string;
  size: number;
  shipDigest: string;
}

const chunkBytes = 1 << 20;

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
    const facts = new Facts(front.main);
    return {
      file: basename(path),
      name: facts.word(tags.name),
      version: facts.word(tags.version),
      release: facts.word(tags.release),
      ...(await wholeFile(file)),
    };
  });
}

/** Returns the part of {@link readRpm} that the main header holds. Pure. */
export function rpmFacts(file: string, main: Header): Omit<Rpm, 'size' | 'shipDigest'> {
  const facts = new Facts(main);
  const { files, folders } = pathsOf(facts);
  return {
    file,
    name: facts.word(tags.name),
    epoch: facts.numbers(tags.epoch)[0] ?? 0,
    version: facts.word(tags.version),
    release: facts.word(tags.release),
    arch: facts.word(tags.arch),
    sourceRpm: facts.text(tags.sourceRpm),
    outputDigest: outputDigest(main),
    provides: capabilities(facts, dependencyTags.provide),
    requires: capabilities(facts, dependencyTags.require),
    conflicts: capabilities(facts, dependencyTags.conflict),
    obsoletes: capabilities(facts, dependencyTags.obsolete),
    files,
    folders,
  };
}

/** Reads the tags of a header. @throws RpmFormatError for a tag of another type than expected */
class Facts {
  private readonly header: Header;

  constructor(header: Header) {
    this.header = header;
  }

  texts(number: number): string[] {
    const tag = this.header.tags.find((one) => one.tag === number);
    if (tag === undefined) return [];
    const value = decodeTag(tag);
    if (value.type === 'string' || value.type === 'strings' || value.type === 'i18n') return value.values;
    throw new RpmFormatError(`tag ${number} is no text`);
  }

  numbers(number: number): number[] {
    const tag = this.header.tags.find((one) => one.tag === number);
    if (tag === undefined) return [];
    const value = decodeTag(tag);
    if (value.type === 'int8' || value.type === 'int16' || value.type === 'int32') return value.values;
    throw new RpmFormatError(`tag ${number} is no number`);
  }

  text(number: number): string {
    return this.texts(number)[0] ?? '';
  }

  /** Returns a text that is part of file names. */
  word(number: number): string {
    const text = this.text(number);
    if (/^[^\s/\p{Cc}]+$/u.test(text)) return text;
    throw new RpmFormatError(
      text === '' ? `tag ${number} is missing` : `tag ${number} is ${JSON.stringify(text)}`,
    );
  }
}

function capabilities(facts: Facts, kind: DependencyTags): Capability[] {
  const names = facts.texts(kind.name);
  const versions = facts.texts(kind.version);
  const flags = facts.numbers(kind.flags);
  if (names.length > 0 && (versions.length !== names.length || flags.length !== names.length)) {
    throw new RpmFormatError(`tags ${kind.name}, ${kind.flags} and ${kind.version} differ in length`);
  }
  const found = new Set<Capability>();
  for (const [index, name] of names.entries()) {
    const flag = flags[index] as number;
    if ((flag & sense.rpmlib) !== 0 || name.startsWith('rpmlib(')) continue;
    const comparison = comparisonOf(flag);
    const version = versions[index] as string;
    found.add(
      name.startsWith('(') || comparison === '' || version === '' ? name : `${name} ${comparison} ${version}`,
    );
  }
  return [...found].sort(order);
}

function comparisonOf(flags: number): string {
  const strict = (flags & sense.less ? '<' : '') + (flags & sense.greater ? '>' : '');
  return strict + (flags & sense.equal ? '=' : '');
}

const folderBits = 0o040000;
const typeBits = 0o170000;

function pathsOf(facts: Facts): { files: string[]; folders: string[] } {
  const names = facts.texts(tags.baseNames);
  const folderNames = facts.texts(tags.dirNames);
  const indexes = facts.numbers(tags.dirIndexes);
  const modes = facts.numbers(tags.fileModes);
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

async function wholeFile(file: FileHandle): Promise<{ size: number; shipDigest: string }> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, size);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    size += bytesRead;
  }
  return { size, shipDigest: hash.digest('hex') };
}
