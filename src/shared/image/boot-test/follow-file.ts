import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/** Reads the lines that are appended to a file. */
export interface FileFollower {
  /** Passes on the lines since the last call. Returns the number of bytes read so far. */
  readOn(): Promise<number>;
}

/** Follows a file, whose lines go to `onLine`. A prompt (`grub>`) counts as a line although nothing ends it. */
export function followFile(path: string, onLine: (line: string) => void): FileFollower {
  let at = 0;
  let rest = '';
  let busy = false;
  const decoder = new StringDecoder('utf8');
  const readOn = async (): Promise<number> => {
    if (busy) return at;
    busy = true;
    const file = await open(path, 'r');
    try {
      const chunk = Buffer.alloc(64 * 1024);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0) return at;
        at += bytesRead;
        const lines = (rest + decoder.write(chunk.subarray(0, bytesRead))).split('\n');
        rest = lines.pop() ?? '';
        for (const line of rest.includes('>') ? [...lines, rest] : lines) onLine(line);
      }
    } finally {
      busy = false;
      await file.close();
    }
  };
  return { readOn };
}
