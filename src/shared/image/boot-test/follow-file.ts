import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are passed on. A machine may print for ever without a newline. */
const longestLine = 4096;

/**
 * Returns a function that takes chunks and passes on their lines, the same ones however they are cut into chunks. A longer
 * line is passed on in pieces.
 * @param onLine receives a line; `isRest` for each piece of one after its first
 */
export function lineSplitter(onLine: (line: string, isRest: boolean) => void) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isRest = false;
  /** Passes on a line but for its last piece, which it returns. */
  const lastPiece = (line: string): string => {
    let at = 0;
    for (; line.length - at > longestLine; at += longestLine) {
      onLine(line.slice(at, at + longestLine), isRest);
      isRest = true;
    }
    return line.slice(at);
  };
  return (chunk: Buffer): { rest: string } => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    const unfinished = lines.pop() ?? '';
    for (const line of lines) {
      const piece = lastPiece(line);
      onLine(piece, isRest);
      isRest = false;
    }
    rest = lastPiece(unfinished);
    return { rest };
  };
}

/** The part of a followed file that was read so far. */
export interface Followed {
  bytes: number;
  /** The text after its last line, such as a prompt. */
  unfinished: string;
}

/**
 * Follows a file that a machine writes.
 * @param onLine receives its lines
 * @param onBytes receives its bytes, at most `most`
 * @returns a function that passes on what came since its last call
 */
export function followFile(
  path: string,
  most: number,
  onLine: (line: string) => void,
  onBytes: (chunk: Buffer) => Promise<unknown>,
): () => Promise<Followed> {
  const followed: Followed = { bytes: 0, unfinished: '' };
  let busy = false;
  const split = lineSplitter(onLine);
  return async () => {
    if (busy) return followed;
    busy = true;
    const file = await open(path, 'r');
    try {
      while (followed.bytes < most) {
        const chunk = Buffer.alloc(Math.min(64 * 1024, most - followed.bytes));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, followed.bytes);
        if (bytesRead === 0) break;
        followed.bytes += bytesRead;
        const read = chunk.subarray(0, bytesRead);
        followed.unfinished = split(read).rest;
        await onBytes(read);
      }
      return followed;
    } finally {
      busy = false;
      await file.close();
    }
  };
}
