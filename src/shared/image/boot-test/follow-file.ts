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

/**
 * Follows a file that a machine writes.
 * @param onLine receives its lines; a prompt (`grub>`) counts as a line although nothing ends it
 * @param onBytes receives its bytes, at most `most`
 * @returns a function that passes on what came since its last call, and returns the number of bytes so far
 */
export function followFile(
  path: string,
  most: number,
  onLine: (line: string) => void,
  onBytes: (chunk: Buffer) => Promise<unknown>,
): () => Promise<number> {
  let at = 0;
  let busy = false;
  const split = lineSplitter(onLine);
  return async () => {
    if (busy) return at;
    busy = true;
    const file = await open(path, 'r');
    try {
      while (at < most) {
        const chunk = Buffer.alloc(Math.min(64 * 1024, most - at));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0) return at;
        at += bytesRead;
        const read = chunk.subarray(0, bytesRead);
        const { rest } = split(read);
        if (rest.includes('>')) onLine(rest);
        await onBytes(read);
      }
      return at;
    } finally {
      busy = false;
      await file.close();
    }
  };
}
