import { type FileHandle, open } from 'node:fs/promises';
import { newTurn, type Turn } from '../base/turns.ts';
import { type Header, readFront, type Tag } from './header.ts';
import { isText, latin1, ownRelease, seenTags } from './seen-tags.ts';
import { tags } from './tags.ts';

/**
 * The release of every RPM that a build is given. It is higher than those in `Obsoletes: x < 1.0-5`: what the solver put into
 * one root stays there.
 */
export const normalisedRelease = '99999999.hidden';

/** Leaves the release of the RPMs of a build out of rpm's message, which is for people. Pure. */
export function withoutNormalisedRelease(message: string): string {
  return message.replaceAll(`-${normalisedRelease}`, '');
}

/**
 * Returns the first bytes of a binary RPM file, its lead and headers, with {@link seenTags} alone. {@link normalisedRelease}
 * is its release, and its dependencies name its version without one, which means any release. Two RPMs with one output digest
 * have the same bytes here. Pure.
 * @throws RpmFormatError as {@link seenTags}
 */
export async function normalisedFront(main: Pick<Header, 'tags'>, turn: Turn): Promise<Buffer> {
  const seen = (await seenTags(main, turn)).map((tag) => ({ ...tag, data: withoutPlaceholder(tag) }));
  return Buffer.concat([
    lead(),
    headerBytes(tags.headerSignatures, []),
    headerBytes(tags.headerImmutable, seen),
  ]);
}

/**
 * Copies a binary RPM file to `to`, which is absent, as it is or with {@link normalisedFront}. Returns the main header of
 * `from`.
 */
export async function copyRpm(from: string, to: string, normalised: boolean): Promise<Header> {
  const source = await open(from, 'r');
  try {
    const { main, payload } = await readFront(source);
    const target = await open(to, 'wx', 0o644);
    try {
      if (normalised) await target.write(await normalisedFront(main, newTurn()));
      await copyFrom(source, normalised ? payload : 0, target);
      return main;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

const chunkBytes = 1 << 20;

async function copyFrom(source: FileHandle, start: number, target: FileHandle): Promise<void> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let at = start; ; ) {
    const { bytesRead } = await source.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    for (let done = 0; done < bytesRead; ) {
      done += (await target.write(chunk, done, bytesRead - done)).bytesWritten;
    }
    at += bytesRead;
  }
}

function withoutPlaceholder(tag: Tag): Buffer {
  if (!isText(tag)) return tag.data;
  const text = tag.data.toString('latin1');
  if (!text.includes(ownRelease)) return tag.data;
  const hasConstant = tag.tag === tags.release || tag.tag === tags.sourceRpm;
  return latin1(
    hasConstant ? text.replaceAll(ownRelease, normalisedRelease) : text.replaceAll(`-${ownRelease}`, ''),
  );
}

/** Returns the lead of a binary RPM. rpm reads its magic number, version, kind and signature type, and nothing else. */
function lead(): Buffer {
  const bytes = Buffer.alloc(96);
  bytes.writeUInt32BE(0xedabeedb, 0);
  bytes[4] = 3;
  bytes.writeUInt16BE(5, 78);
  return bytes;
}

/** The multiple at which the values of a type begin. */
const alignments: Readonly<Record<number, number>> = { 3: 2, 4: 4, 5: 8 };
const trailerBytes = 16;

/** Returns a header of `region` (its first tag, which spans the others) and `entries`. Format: rpm's format_v4.md. */
function headerBytes(region: number, entries: readonly Tag[]): Buffer {
  const store: Buffer[] = [];
  let length = 0;
  const append = (data: Buffer, alignment = 1) => {
    const padding = (alignment - (length % alignment)) % alignment;
    store.push(Buffer.alloc(padding), data);
    length += padding + data.length;
    return length - data.length;
  };
  const index = entries.map(({ tag, type, count, data }) =>
    indexEntry(tag, type, append(data, alignments[type]), count),
  );
  const indexBytes = (entries.length + 1) * trailerBytes;
  const trailer = append(indexEntry(region, 7, -indexBytes, trailerBytes));
  const intro = Buffer.alloc(16);
  intro.writeUInt32BE(0x8eade801, 0);
  intro.writeUInt32BE(entries.length + 1, 8);
  intro.writeUInt32BE(length, 12);
  return Buffer.concat([intro, indexEntry(region, 7, trailer, trailerBytes), ...index, ...store]);
}

function indexEntry(tag: number, type: number, offset: number, count: number): Buffer {
  const entry = Buffer.alloc(16);
  for (const [at, value] of [tag, type, offset, count].entries()) entry.writeInt32BE(value, at * 4);
  return entry;
}
