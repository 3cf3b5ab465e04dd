import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { newTurn, type Turn } from '../base/turns.ts';
import { isName } from '../base/untrusted.ts';
import type { Srpm } from '../model/build-result.ts';
import type { Capability, Rpm } from '../model/rpm.ts';
import { type Header, RpmFormatError, type RpmFront, readFront } from './header.ts';
import { outputDigest } from './output-digest.ts';
import { sortedTexts } from './sorted-texts.ts';
import { numbersOf, textsOf } from './tag-values.ts';
import { type DependencyTags, dependencyTags, sense, tags } from './tags.ts';
import { rpmFile } from './version.ts';
import { checkFile } from './whole-file.ts';

/**
 * Returns the facts of a binary RPM file that the solver, keys and repositories use. Requirements on rpm itself
 * (`rpmlib(…)`) are left out: rpm checks them when it installs. Its digests are compared with its bytes.
 * @throws RpmFormatError that names the file when it is not a sound binary RPM, or has another name than its header says
 */
export async function readRpm(path: string): Promise<Rpm> {
  return named(path, await readUnnamedRpm(path));
}

/** Returns the facts of a binary RPM file as {@link readRpm}, whatever the file's name. */
export async function readUnnamedRpm(path: string): Promise<Rpm> {
  return await withFront(path, async (front, file) => {
    if (front.isSource) throw new RpmFormatError('it is a source RPM');
    return { ...(await rpmFacts(front.main)), ...(await checkFile(file, front)) };
  });
}

/** Returns the facts of a source RPM file. @throws RpmFormatError as {@link readRpm}, and for a binary RPM */
export async function readSrpm(path: string): Promise<Srpm> {
  const srpm = await withFront(path, async (front, file) => {
    if (!front.isSource) throw new RpmFormatError('it is no source RPM');
    const facts = nameFacts(front.main);
    const arch = front.main.tags.some(({ tag }) => tag === tags.noSource || tag === tags.noPatch)
      ? 'nosrc'
      : 'src';
    return { file: rpmFile({ ...facts, arch }), ...(await checkFile(file, front)) };
  });
  return named(path, srpm);
}

/** Returns the main header of an RPM file of either kind. @throws RpmFormatError that names the file */
export async function readMainHeader(path: string): Promise<Header> {
  return await withFront(path, async (front) => front.main);
}

/** Returns the requirements of an RPM file of either kind, sorted. @throws RpmFormatError that names the file */
export async function readRequires(path: string): Promise<Capability[]> {
  return await withFront(path, async ({ main }) => {
    const turn = newTurn();
    return await sortedTexts(await capabilities(main, dependencyTags.require, turn), turn);
  });
}

const sha256 = 8;

/** Returns the SHA-256 of each file of a source RPM, by name; undefined where it has another digest. Pure. */
export function packedFiles(main: Pick<Header, 'tags'>): Map<string, string | undefined> {
  const names = textsOf(main, tags.baseNames);
  const digests = textsOf(main, tags.fileDigests);
  const isSha256 = numbersOf(main, tags.fileDigestAlgo)[0] === sha256;
  return new Map(names.map((name, index) => [name, isSha256 ? digests[index] : undefined]));
}

/** Returns the part of {@link readRpm} that the main header holds. Pure. @throws RpmFormatError */
export async function rpmFacts(main: Pick<Header, 'tags'>): Promise<Omit<Rpm, 'size' | 'shipDigest'>> {
  const turn = newTurn();
  const facts = { ...nameFacts(main), arch: word(main, tags.arch, /^\w+$/) };
  const list = async (kind: DependencyTags) => await sortedTexts(await capabilities(main, kind, turn), turn);
  const file = rpmFile(facts);
  if (file.length > longestName) throw new RpmFormatError(`it would be ${JSON.stringify(file)}`);
  const paths = await pathsOf(main, turn);
  return {
    ...{ file, ...facts },
    epoch: numbersOf(main, tags.epoch)[0] ?? 0,
    sourceRpm: word(main, tags.sourceRpm, /\.(?:no)?src\.rpm$/),
    outputDigest: await outputDigest(main, turn),
    provides: await list(dependencyTags.provide),
    requires: await list(dependencyTags.require),
    conflicts: await list(dependencyTags.conflict),
    obsoletes: await list(dependencyTags.obsolete),
    ...paths,
  };
}

/** Returns facts of the file at `path` if its base name is the one that follows from them. */
function named<T extends { file: string }>(path: string, facts: T): T {
  if (basename(path) === facts.file) return facts;
  throw new RpmFormatError(`its header is that of ${facts.file}`, path);
}

/** The longest name of a file on Linux. */
const longestName = 255;

function nameFacts(main: Pick<Header, 'tags'>): Pick<Rpm, 'name' | 'version' | 'release'> {
  return {
    name: word(main, tags.name),
    version: word(main, tags.version, /^[^-]+$/),
    release: word(main, tags.release, /^[^-]+$/),
  };
}

/** Returns a text that is part of file names, and of a form of its own. */
function word(main: Pick<Header, 'tags'>, number: number, form = /./): string {
  const [text = ''] = textsOf(main, number);
  if (isName(text) && form.test(text)) return text;
  throw new RpmFormatError(`tag ${number} is ${text === '' ? 'missing' : JSON.stringify(text)}`);
}

/** Dependencies, or files, between two looks at the clock. */
const inARow = 1 << 8;
/** The most dependencies of a kind: twice those of a kernel with a provide for each of its symbols. */
const mostCapabilities = 1 << 16;

async function capabilities(
  main: Pick<Header, 'tags'>,
  kind: DependencyTags,
  turn: Turn,
): Promise<Set<Capability>> {
  const names = textsOf(main, kind.name);
  if (names.length > mostCapabilities)
    throw new RpmFormatError(`tag ${kind.name} has ${names.length} texts, of at most ${mostCapabilities}`);
  const versions = textsOf(main, kind.version);
  const flags = numbersOf(main, kind.flags);
  if (versions.length !== names.length || flags.length !== names.length) {
    throw new RpmFormatError(`tags ${kind.name}, ${kind.flags} and ${kind.version} differ in length`);
  }
  const found = new Set<Capability>();
  for (const [index, name] of names.entries()) {
    if (index % inARow === 0) await turn();
    const flag = flags[index] as number;
    if ((flag & sense.rpmlib) !== 0 || name.startsWith('rpmlib(')) continue;
    const comparison = comparisonOf(flag);
    const version = versions[index];
    found.add(name.startsWith('(') || !comparison || !version ? name : `${name} ${comparison} ${version}`);
  }
  return found;
}

function comparisonOf(flags: number): string {
  const strict = (flags & sense.less ? '<' : '') + (flags & sense.greater ? '>' : '');
  return strict + (flags & sense.equal ? '=' : '');
}

/** Tags with a value for each file, as far as anything here goes through them. */
const ofEachFile = new Set<number>([tags.fileInodes, tags.fileDevices, tags.fileDigests]);
const folderBits = 0o040000;
const typeBits = 0o170000;
/** Linux has no longer paths. */
const longestPath = 4095;
/** A folder's name counts for each of its files: few bytes of a header may be many of its paths. */
const mostPathBytes = 1 << 26;

async function pathsOf(
  main: Pick<Header, 'tags'>,
  turn: Turn,
): Promise<{ files: string[]; folders: string[] }> {
  const names = textsOf(main, tags.baseNames);
  const folderNames = textsOf(main, tags.dirNames);
  const indexes = numbersOf(main, tags.dirIndexes);
  const modes = numbersOf(main, tags.fileModes);
  const isWhole = main.tags.every(({ tag, count }) => !ofEachFile.has(tag) || count === names.length);
  if (!isWhole || indexes.length !== names.length || modes.length !== names.length) {
    throw new RpmFormatError('its list of files is not whole');
  }
  const files: string[] = [];
  const folders: string[] = [];
  let bytes = 0;
  for (const [index, name] of names.entries()) {
    if (index % inARow === 0) await turn();
    const folder = folderNames[indexes[index] as number];
    if (folder === undefined) throw new RpmFormatError(`file ${JSON.stringify(name)} has no folder`);
    const path = folder + name;
    bytes += path.length;
    if (path.length > longestPath || bytes > mostPathBytes)
      throw new RpmFormatError(`its paths are too long: ${JSON.stringify(path.slice(0, 80))}`);
    if (!path.startsWith('/') || name.includes('/') || /(?:^|\/)\.\.?(?:\/|$)/.test(path))
      throw new RpmFormatError(`it has the path ${JSON.stringify(path)}`);
    const isFolder = ((modes[index] as number) & typeBits) === folderBits;
    (isFolder ? folders : files).push(path);
  }
  return { files: await sortedTexts(files, turn), folders: await sortedTexts(folders, turn) };
}

async function withFront<T>(
  path: string,
  body: (front: RpmFront, file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await body(await readFront(file), file);
  } catch (error) {
    throw error instanceof RpmFormatError ? new RpmFormatError(error.reason, path) : error;
  } finally {
    await file.close();
  }
}
