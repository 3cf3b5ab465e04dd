import type { FileHandle } from 'node:fs/promises';
import { newTurn, type Turn } from '../base/turns.ts';
import { fitsSignature, isTypeOf } from './tag-types.ts';
import { tags as known } from './tags.ts';

/** An entry of a header's index with the bytes that it points to. */
export interface Tag {
  tag: number;
  /** 1–9, see `decodeTag`. */
  type: number;
  count: number;
  /** The bytes of its values, as in the file. */
  data: Buffer;
}

/** A header of an RPM file. */
export interface Header {
  /** Its tags in the order of the index, without that of the region, which spans all others. */
  tags: Tag[];
  /** All of it, from its magic number to its end. */
  bytes: Buffer;
}

/** The headers of an RPM file. */
export interface RpmFront {
  isSource: boolean;
  signature: Header;
  main: Header;
  /** Offset of the main header. */
  start: number;
  /** Offset of the payload. */
  payload: number;
}

/** An error in the format of an RPM file. */
export class RpmFormatError extends Error {
  /** The message without the file. */
  readonly reason: string;

  /** @param path of the file, where it is known */
  constructor(reason: string, path?: string) {
    super(`${path === undefined ? '' : `${path}: `}not a sound RPM file: ${reason}`);
    this.name = 'RpmFormatError';
    this.reason = reason;
  }
}

const leadBytes = 96;
const introBytes = 16;
const entryBytes = 16;
/**
 * The limits of a header. rpm's own (65,535 entries, 256 MiB of data; 32 and 64 MiB in a signature) are above what any RPM
 * has: rpm knows some 400 tags, and a kernel's 90,000 files of sources make 15 MiB.
 */
const kinds = {
  signature: { region: known.headerSignatures, maxEntries: 32, maxData: 16 << 20 },
  main: { region: known.headerImmutable, maxEntries: 1024, maxData: 32 << 20 },
} as const;
/** The most texts of one tag, so the most files of an RPM. */
const maxTexts = 1 << 17;
/** The most numbers of one tag, as in rpm. */
const maxNumbers = (1 << 20) - 1;
/** Numbers below it are regions, which are no tags. */
const firstTag = 100;
/** Between the first tag and this one are those of signatures. */
const firstOfPackage = 1000;
const magic = Buffer.from('8eade80100000000', 'hex');
const typeSizes = [0, 1, 1, 2, 4, 8, 0, 1, 0, 0];

type Which = keyof typeof kinds;

/**
 * Reads the lead, the signature header and the main header, not the payload. Format: rpm's docs/manual/format_v4.md. What
 * rpm refuses is refused, and more: tags that are there twice, files without a region as of before 1999.
 * @throws RpmFormatError for a file that is not a sound RPM
 */
export async function readFront(file: FileHandle): Promise<RpmFront> {
  const { size } = await file.stat();
  parseLead(await readAt(file, 0, leadBytes, size));
  const signature = measureIntro(await readAt(file, leadBytes, introBytes, size), 'signature');
  const start = mainStart(signature.length);
  const main = measureIntro(await readAt(file, start, introBytes, size), 'main');
  return await parseFront(await readAt(file, 0, start + main.length, size));
}

/** Parses the first bytes of a file as {@link readFront} does. Pure. */
export async function parseFront(bytes: Buffer): Promise<RpmFront> {
  const turn = newTurn();
  const isSource = parseLead(slice(bytes, 0, leadBytes));
  const signature = await headerAt(bytes, leadBytes, 'signature', turn);
  const start = mainStart(signature.bytes.length);
  const padding = slice(
    bytes,
    leadBytes + signature.bytes.length,
    start - leadBytes - signature.bytes.length,
  );
  if (padding.some((byte) => byte !== 0)) throw new RpmFormatError('there is something between its headers');
  const main = await headerAt(bytes, start, 'main', turn);
  // rpm goes by the tag alone.
  if (isSource === main.tags.some(({ tag }) => tag === known.sourceRpm))
    throw new RpmFormatError('its lead and its header differ in whether it is a source RPM');
  return { isSource, signature, main, start, payload: start + main.bytes.length };
}

/** The main header begins at a multiple of 8 bytes. */
function mainStart(signatureLength: number): number {
  return leadBytes + Math.ceil(signatureLength / 8) * 8;
}

/** Returns true for a source RPM. */
function parseLead(lead: Buffer): boolean {
  if (lead.readUInt32BE(0) !== 0xedabeedb) throw new RpmFormatError('it does not start like one');
  if (lead[4] === 4)
    throw new RpmFormatError(
      "it has the format of RPM 6, which the worker's rpm cannot check. Build it with `_rpmformat 4`",
    );
  if (lead[4] !== 3) throw new RpmFormatError(`lead version ${lead[4]} instead of 3`);
  const kind = lead.readUInt16BE(6);
  if (kind > 1) throw new RpmFormatError(`lead type ${kind} instead of 0 or 1`);
  const signatureType = lead.readUInt16BE(78);
  if (signatureType !== 5) throw new RpmFormatError(`signature type ${signatureType} instead of 5`);
  return kind === 1;
}

function measureIntro(intro: Buffer, which: Which) {
  if (!intro.subarray(0, magic.length).equals(magic))
    throw new RpmFormatError(`the ${which} header has no magic number`);
  const entries = intro.readUInt32BE(8);
  const dataBytes = intro.readUInt32BE(12);
  const { maxEntries, maxData } = kinds[which];
  if (entries === 0 || entries > maxEntries)
    throw new RpmFormatError(`the ${which} header has ${entries} entries, of at most ${maxEntries}`);
  if (dataBytes > maxData)
    throw new RpmFormatError(`the ${which} header has ${dataBytes} bytes of data, of at most ${maxData}`);
  return { entries, dataBytes, length: introBytes + entries * entryBytes + dataBytes };
}

async function headerAt(bytes: Buffer, at: number, which: Which, turn: Turn): Promise<Header> {
  const { entries, dataBytes, length } = measureIntro(slice(bytes, at, introBytes), which);
  const whole = slice(bytes, at, length);
  const store = whole.subarray(length - dataBytes);
  const data = store.subarray(0, trailerAt(whole, store, entries, which));
  const tags: Tag[] = [];
  const seen = new Set<number>();
  let end = 0;
  for (let index = 1; index < entries; index++) {
    await turn();
    const { tag, type, offset, count } = entryAt(whole, introBytes + index * entryBytes);
    if (tag < firstTag || (which === 'main' && tag > firstTag && tag < firstOfPackage))
      throw new RpmFormatError(`the ${which} header has tag ${tag}`);
    if (seen.has(tag)) throw new RpmFormatError(`the ${which} header has tag ${tag} twice`);
    seen.add(tag);
    const size = alignmentOf(type);
    if (offset !== Math.ceil(end / size) * size)
      throw new RpmFormatError(`tag ${tag} of the ${which} header does not follow the one before it`);
    const values = dataOf(data, { tag, type, offset, count }, which);
    end = offset + values.length;
    if (which === 'signature' && !fitsSignature(tag, { type, count, bytes: values.length }))
      throw new RpmFormatError(`tag ${tag} of the signature header is not what rpm makes`);
    tags.push({ tag, type, count, data: values });
  }
  if (end !== data.length) throw new RpmFormatError(`the ${which} header has data of no tag`);
  return { tags, bytes: whole };
}

/** Returns the offset of the trailer, which ends the data. The region tag, the first, points to it. @throws RpmFormatError */
function trailerAt(whole: Buffer, store: Buffer, entries: number, which: Which): number {
  const { region } = kinds[which];
  const first = entryAt(whole, introBytes);
  const place = store.length - entryBytes;
  const isRegion = ({ tag, type, count }: Entry) => tag === region && type === 7 && count === entryBytes;
  if (!isRegion(first) || place < 0 || first.offset !== place)
    throw new RpmFormatError(`the ${which} header does not begin with a region of all of it`);
  const trailer = entryAt(store, place);
  if (!isRegion(trailer) || trailer.offset !== -entries * entryBytes)
    throw new RpmFormatError(`the region of the ${which} header does not end as it begins`);
  return place;
}

/** The multiple at which the values of a type begin. */
function alignmentOf(type: number): number {
  return Math.max(1, typeSizes[type] ?? 1);
}

type Entry = Omit<Tag, 'data'> & { offset: number };

function entryAt(bytes: Buffer, at: number): Entry {
  return {
    ...{ tag: bytes.readInt32BE(at), type: bytes.readUInt32BE(at + 4) },
    ...{ offset: bytes.readInt32BE(at + 8), count: bytes.readUInt32BE(at + 12) },
  };
}

function dataOf(store: Buffer, { tag, type, offset, count }: Entry, which: Which): Buffer {
  const error = (what: string) => new RpmFormatError(`tag ${tag} of the ${which} header ${what}`);
  if (type < 1 || type > 9) throw error(`has the unknown type ${type}`);
  if (which === 'main' && !isTypeOf(tag, type)) throw error(`has type ${type}, which is another kind`);
  if (count === 0) throw error('is empty');
  const size = typeSizes[type] as number;
  if (size > 0) {
    if (type !== 7 && count > maxNumbers) throw error(`has ${count} numbers, of at most ${maxNumbers}`);
    if (offset + size * count > store.length) throw error('reaches beyond the header');
    return store.subarray(offset, offset + size * count);
  }
  if (type === 6 && count !== 1) throw error(`is one text with a count of ${count}`);
  if (count > maxTexts) throw error(`has ${count} texts, of at most ${maxTexts}`);
  // A loop of our own: a search for each of many short texts takes ten times as long.
  let end = offset;
  for (let left = count; left > 0; end++) {
    if (end === store.length) throw error('has a text without an end');
    if (store[end] === 0) left--;
  }
  return store.subarray(offset, end);
}

function slice(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new RpmFormatError('it ends too early');
  return bytes.subarray(at, at + length);
}

async function readAt(file: FileHandle, at: number, length: number, size: number): Promise<Buffer> {
  if (at + length > size) throw new RpmFormatError('it ends too early');
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new RpmFormatError('it ends too early');
    done += bytesRead;
  }
  return bytes;
}
