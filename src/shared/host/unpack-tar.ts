import { createWriteStream, type WriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type Duplex, type Readable, Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';

/** An entry of an archive that strangers may have written: no field of it is to be believed. */
export interface TarEntry {
  path: string;
  /** `File`, `Directory`, `Link`, `SymbolicLink` … */
  type: string;
  size: number;
}

/** The place for an entry's content: the path of a file that does not exist yet, or a listener for all of its text. */
export type TarTarget = { file: string } | { text: (content: string) => void };

/**
 * Reads a tar archive to its end, and closes it. `targetOf` says, entry by entry, where the content goes; undefined skips
 * it, and what it throws ends the reading. Nothing else of an entry is used: no path, link, mode or owner.
 * @param unpacked its bytes at most, if gzip or zstd may have compressed it; without that, a compressed one is an error
 * @throws Error when the archive is damaged, ends too early or is compressed, and what `targetOf` or a listener throws
 */
export async function unpackTar(
  archive: FileHandle,
  targetOf: (entry: TarEntry) => TarTarget | undefined,
  unpacked?: { mostBytes: number },
): Promise<void> {
  const writes: Writes = { files: [], ended: [] };
  try {
    const unpack = await unpackerOf(archive);
    if (unpack !== undefined && unpacked === undefined) throw new Error('it is compressed');
    await parse(
      archive,
      unpack === undefined ? [] : [unpack(), limited(unpacked?.mostBytes ?? 0)],
      targetOf,
      writes,
    );
    await Promise.all(writes.ended);
  } finally {
    // Of an archive that was not read to its end, some wait for more.
    for (const file of writes.files) file.destroy();
    await Promise.allSettled(writes.ended);
    await archive.close();
  }
}

/** The files that are being written. */
interface Writes {
  files: WriteStream[];
  ended: Promise<void>[];
}

async function parse(
  archive: FileHandle,
  steps: readonly Duplex[],
  targetOf: (entry: TarEntry) => TarTarget | undefined,
  writes: Writes,
): Promise<void> {
  const source = archive.createReadStream({ start: 0 });
  await new Promise<void>((resolve, reject) => {
    let hasFailed = false;
    // A file that cannot be written accepts no more data: without this the parser would wait for it for ever.
    const fail = (error: unknown) => {
      hasFailed = true;
      source.destroy();
      for (const step of steps) step.destroy();
      reject(error);
    };
    const begin = (entry: ReadEntry) => {
      // Entries of the same chunk follow after an error.
      const target = hasFailed ? undefined : targetOf(entry);
      if (target === undefined) return entry.resume();
      if ('text' in target) return readText(entry, target.text, fail);
      const file = createWriteStream(target.file, { flags: 'wx' });
      const written = finished(file);
      written.catch(fail);
      writes.files.push(file);
      writes.ended.push(written);
      return entry.pipe(file as unknown as Parameters<ReadEntry['pipe']>[0]);
    };
    const onReadEntry = (entry: ReadEntry) => {
      try {
        begin(entry);
      } catch (error) {
        entry.resume();
        fail(error);
      }
    };
    // An archive that ends too early is an error, not a warning.
    const parser = new Parser({ strict: true, brotli: false, zstd: false, onReadEntry });
    parser.on('end', resolve);
    // The end is marked. What follows is nothing to read, and the parser would wait for ever for more of it.
    parser.on('eof', () => {
      for (const stream of [source, ...steps]) stream.unpipe().destroy();
      resolve();
    });
    parser.on('error', fail);
    const last = steps.reduce<Readable>((from, step) => from.on('error', fail).pipe(step), source);
    last.on('error', fail).pipe(parser);
  });
}

/** Returns the decompression of an archive, by its first bytes. The parser's own has no bound, and may wait for ever. */
async function unpackerOf(archive: FileHandle): Promise<(() => Duplex) | undefined> {
  const { buffer } = await archive.read(Buffer.alloc(4), 0, 4, 0);
  if (buffer.readUInt16BE(0) === 0x1f8b) return createGunzip;
  return buffer.readUInt32BE(0) === 0x28b52ffd ? createZstdDecompress : undefined;
}

/** Returns a stream that passes on at most so many bytes. */
function limited(mostBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      if (bytes > mostBytes) done(new Error(`it has more than ${mostBytes} bytes when it is decompressed`));
      else done(null, chunk);
    },
  });
}

function readText(entry: ReadEntry, use: (content: string) => void, fail: (error: unknown) => void): void {
  const chunks: Buffer[] = [];
  entry.on('data', (chunk) => chunks.push(chunk));
  entry.on('end', () => {
    try {
      use(Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      fail(error);
    }
  });
}
