import type { FileHandle } from 'node:fs/promises';

/** The value of a tag by its type: numbers, 64-bit numbers as bigint, bytes, one text, or several texts. */
export type TagValue =
  | { type: 'null' }
  | { type: 'char' | 'int8' | 'int16' | 'int32'; values: number[] }
  | { type: 'int64'; values: bigint[] }
  | { type: 'string'; values: [string] }
  | { type: 'bin'; bytes: Buffer }
  | { type: 'strings' | 'i18n'; values: string[] };

/** An entry of a header's index with the bytes that it points to. */
export interface Tag {
  tag: number;
  /** 0–9, see {@link decodeTag}. */
  type: number;
  count: number;
  /** The bytes of its values, as in the file. */
  data: Buffer;
}

/** A header of an RPM file: its tags in the order of the index. */
export interface Header {
  tags: Tag[];
  /** Bytes from its magic to its end. */
  length: number;
}

/** The headers of an RPM file. */
export interface RpmFront {
  isSource: boolean;
  signature: Header;
  main: Header;
  /** Offset of the payload. */
  payload: number;
}

/** An error in the format of an RPM file. */
export class RpmFormatError extends Error {
  constructor(message: string) {
    super(`not a sound RPM file: ${message}`);
    this.name = 'RpmFormatError';
  }
}

const leadBytes = 96;
const introBytes = 16;
const entryBytes = 16;
/** The limits of rpm itself (lib/header_internal): it reads no header with more entries or bytes of data. */
const maxEntries = 0xffff;
const maxDataBytes = { signature: 64 << 20, main: 256 << 20 };
const typeSizes = [0, 1, 1, 2, 4, 8, 0, 1, 0, 0];

/**
 * Reads the lead, the signature header and the main header, not the payload. Format: rpm's docs/manual/format_v4.md.
 * @throws RpmFormatError for a file that is not a sound RPM
 */
export async function readFront(file: FileHandle): Promise<RpmFront> {
  const { size } = await file.stat();
  parseLead(await readAt(file, 0, leadBytes, size));
  const signature = measureIntro(await readAt(file, leadBytes, introBytes, size), 'signature');
  const start = mainStart(signature.length);
  const main = measureIntro(await readAt(file, start, introBytes, size), 'main');
  return parseFront(await readAt(file, 0, start + main.length, size));
}

/** Parses the first bytes of a file as {@link readFront} does. Pure. */
export function parseFront(bytes: Buffer): RpmFront {
  const isSource = parseLead(slice(bytes, 0, leadBytes));
  const signature = headerAt(bytes, leadBytes, 'signature');
  const start = mainStart(signature.length);
  const main = headerAt(bytes, start, 'main');
  return { isSource, signature, main, payload: start + main.length };
}

/** Returns the values of a tag. Text that is not UTF-8 is read as Latin-1, so that no byte is lost. Pure. */
export function decodeTag(tag: Tag): TagValue {
  const { data, count } = tag;
  const numbers = (size: number, read: (at: number) => number) =>
    Array.from({ length: count }, (_, index) => read(index * size));
  switch (tag.type) {
    case 1:
    case 2:
      return { type: tag.type === 1 ? 'char' : 'int8', values: numbers(1, (at) => data.readUInt8(at)) };
    case 3:
      return { type: 'int16', values: numbers(2, (at) => data.readUInt16BE(at)) };
    case 4:
      return { type: 'int32', values: numbers(4, (at) => data.readUInt32BE(at)) };
    case 5:
      return {
        type: 'int64',
        values: Array.from({ length: count }, (_, index) => data.readBigUInt64BE(index * 8)),
      };
    case 6:
      return { type: 'string', values: [text(data.subarray(0, -1))] };
    case 7:
      return { type: 'bin', bytes: data };
    case 8:
    case 9:
      return { type: tag.type === 8 ? 'strings' : 'i18n', values: texts(data) };
    default:
      return { type: 'null' };
  }
}

/** The main header begins at a multiple of 8 bytes. */
function mainStart(signatureLength: number): number {
  return leadBytes + Math.ceil(signatureLength / 8) * 8;
}

/** Returns true for a source RPM. */
function parseLead(lead: Buffer): boolean {
  if (lead.readUInt32BE(0) !== 0xedabeedb) throw new RpmFormatError('it does not start like one');
  if (lead[4] !== 3) throw new RpmFormatError(`lead version ${lead[4]} instead of 3`);
  const kind = lead.readUInt16BE(6);
  if (kind > 1) throw new RpmFormatError(`lead type ${kind} instead of 0 or 1`);
  return kind === 1;
}

type Which = keyof typeof maxDataBytes;

function measureIntro(intro: Buffer, which: Which) {
  if (intro.readUInt32BE(0) !== 0x8eade801)
    throw new RpmFormatError(`the ${which} header has no magic number`);
  const entries = intro.readUInt32BE(8);
  const dataBytes = intro.readUInt32BE(12);
  if (entries === 0 || entries > maxEntries)
    throw new RpmFormatError(`the ${which} header has ${entries} entries`);
  if (dataBytes > maxDataBytes[which])
    throw new RpmFormatError(`the ${which} header has ${dataBytes} bytes of data`);
  return { entries, dataBytes, length: introBytes + entries * entryBytes + dataBytes };
}

function headerAt(bytes: Buffer, at: number, which: Which): Header {
  const { entries, dataBytes, length } = measureIntro(slice(bytes, at, introBytes), which);
  const whole = slice(bytes, at, length);
  const store = whole.subarray(length - dataBytes);
  const tags: Tag[] = [];
  const seen = new Set<number>();
  for (let index = 0; index < entries; index++) {
    const entry = introBytes + index * entryBytes;
    const tag = whole.readInt32BE(entry);
    const type = whole.readUInt32BE(entry + 4);
    const offset = whole.readInt32BE(entry + 8);
    const count = whole.readUInt32BE(entry + 12);
    if (tag < 0) throw new RpmFormatError(`the ${which} header has tag ${tag}`);
    if (seen.has(tag)) throw new RpmFormatError(`the ${which} header has tag ${tag} twice`);
    seen.add(tag);
    tags.push({ tag, type, count, data: dataOf(store, tag, type, offset, count, which) });
  }
  return { tags, length };
}

function dataOf(store: Buffer, tag: number, type: number, at: number, count: number, which: Which): Buffer {
  const error = (what: string) => new RpmFormatError(`tag ${tag} of the ${which} header ${what}`);
  if (type > 9) throw error(`has the unknown type ${type}`);
  if (at < 0 || at > store.length) throw error('points outside the header');
  const size = typeSizes[type] as number;
  if (size > 0) {
    if (at + size * count > store.length) throw error('reaches beyond the header');
    return store.subarray(at, at + size * count);
  }
  if (type === 0) return store.subarray(at, at);
  if (type === 6 && count !== 1) throw error(`is one text with a count of ${count}`);
  let end = at;
  for (let left = count; left > 0; left--) {
    const nul = store.indexOf(0, end);
    if (nul < 0) throw error('has a text without an end');
    end = nul + 1;
  }
  return store.subarray(at, end);
}

function texts(data: Buffer): string[] {
  const values: string[] = [];
  for (let at = 0; at < data.length; ) {
    const nul = data.indexOf(0, at);
    values.push(text(data.subarray(at, nul)));
    at = nul + 1;
  }
  return values;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
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
