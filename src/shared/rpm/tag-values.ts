import { isUtf8 } from 'node:buffer';
import { type Header, RpmFormatError, type Tag } from './header.ts';

/** The value of a tag by its type: numbers, 64-bit numbers as bigint, bytes, one text, or several texts. */
export type TagValue =
  | { type: 'char' | 'int8' | 'int16' | 'int32'; values: number[] }
  | { type: 'int64'; values: bigint[] }
  | { type: 'string'; values: [string] }
  | { type: 'bin'; bytes: Buffer }
  | { type: 'strings' | 'i18n'; values: string[] };

/** Returns the values of a tag. Text that is not UTF-8 is read as Latin-1, so that no byte is lost. Pure. @throws RpmFormatError */
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
    default:
      return { type: tag.type === 8 ? 'strings' : 'i18n', values: texts(tag) };
  }
}

/** The most texts of a tag that are looked at one by one, because one of them is no UTF-8. */
const mostOtherTexts = 1 << 15;

function texts({ tag, count, data }: Tag): string[] {
  // One call for all of them: there may be a hundred thousand.
  if (isUtf8(data)) return data.toString('utf8').split('\0').slice(0, -1);
  if (count > mostOtherTexts)
    throw new RpmFormatError(`tag ${tag} has ${count} texts, and not all of them are UTF-8`);
  const values: string[] = [];
  for (let at = 0; at < data.length; ) {
    const nul = data.indexOf(0, at);
    values.push(text(data.subarray(at, nul)));
    at = nul + 1;
  }
  return values;
}

function text(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

type Tags = Pick<Header, 'tags'>;

/** Returns the texts of a tag, none if it is absent. Pure. @throws RpmFormatError for a tag of another type */
export function textsOf(header: Tags, number: number): string[] {
  const value = tagValue(header, number);
  if (value === undefined) return [];
  if (value.type === 'string' || value.type === 'strings' || value.type === 'i18n') return value.values;
  throw new RpmFormatError(`tag ${number} is no text`);
}

/** Returns the numbers of a tag, none if it is absent. Pure. @throws RpmFormatError for a tag of another type */
export function numbersOf(header: Tags, number: number): number[] {
  const value = tagValue(header, number);
  if (value === undefined) return [];
  if (value.type === 'int16' || value.type === 'int32') return value.values;
  if (value.type === 'int64') return value.values.map(Number);
  throw new RpmFormatError(`tag ${number} is no number`);
}

function tagValue({ tags }: Tags, number: number): TagValue | undefined {
  const tag = tags.find((one) => one.tag === number);
  return tag === undefined ? undefined : decodeTag(tag);
}
