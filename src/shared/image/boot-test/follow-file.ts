import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are passed on. A machine may print for ever without a newline. */
const longestLine = 4096;

/** Returns a function that takes chunks and passes on their lines. A longer line is cut; its rest is another line. */
export function lineSplitter(onLine: (line: string) => void) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk: Buffer): { rest: string } => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) {
      lines.push(rest);
      rest = '';
    }
    for (const line of lines) onLine(line.slice(0, longestLine));
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
