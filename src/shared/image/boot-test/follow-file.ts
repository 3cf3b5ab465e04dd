import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/**
 * Follows a file, whose lines go to `onLine`. A prompt (`grub>`) counts as a line although nothing ends it.
 * @returns a function that passes on the lines since its last call and returns the number of bytes read so far
 */
export function followFile(path: string, onLine: (line: string) => void): () => Promise<number> {
  let at = 0;
  let rest = '';
  let busy = false;
  const decoder = new StringDecoder('utf8');
  return async () => {
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
}
