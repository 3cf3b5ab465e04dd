import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

/** Bytes of an answer that are kept, and of the output that a log holds anyway: its end. */
export const keptBytes = { answer: 64 * 1024 * 1024, logged: 1024 * 1024 } as const;

/** Characters that a line may have: enough for every answer of a tool, too few to fill memory. */
const longestLine = 64 * 1024 * 1024;

/** Small chunks are copied into blocks of this size: a program that writes byte by byte fills no list of chunks. */
const blockBytes = 64 * 1024;

/**
 * Opens a file for chunks.
 * @param flags `a`: appended to; `w`: replaced
 * @param onError called with each error of the file; an error without a listener would end this process
 */
export function openSink(path: string, flags: 'a' | 'w', onError: (error: unknown) => void): WriteStream {
  return createWriteStream(path, { flags }).on('error', onError);
}

/** Writes what is left, and closes the file. @throws the error of the file */
export async function endSink(sink: WriteStream): Promise<void> {
  sink.end();
  await finished(sink);
}

/** Collects the chunks of one output of a tool. */
export type Collector = ReturnType<typeof collector>;

interface CollectorOptions {
  /** Receives every chunk instead of {@link Collector.text}. */
  onData?: ((chunk: Buffer) => void) | undefined;
  /** Receives every line; the last one, when it has no newline, at {@link Collector.text}. */
  onLine?: ((line: string) => void) | undefined;
  /** Bytes that are kept, from the end. Default: {@link keptBytes} of an answer. */
  keep?: number;
}

export function collector({ onData, onLine, keep = keptBytes.answer }: CollectorOptions = {}) {
  const end = keepEnd(keep);
  const lines = onLine === undefined ? undefined : splitLines(onLine);
  return {
    push(chunk: Buffer) {
      if (onData !== undefined) return onData(chunk);
      end.push(chunk);
      lines?.push(chunk);
    },
    /** Returns the end of the collected output. */
    text() {
      lines?.end();
      return end.text();
    },
  };
}

/** Keeps the last bytes of what is pushed: at least `most` of them, and less than a block more. */
export function keepEnd(most: number) {
  let blocks: Buffer[] = [];
  let bytes = 0;
  let open: Buffer | undefined;
  let filled = 0;
  const closeBlock = () => {
    if (open !== undefined && filled > 0) blocks.push(open.subarray(0, filled));
    [open, filled] = [undefined, 0];
  };
  return {
    push(chunk: Buffer) {
      bytes += chunk.length;
      if (chunk.length >= blockBytes / 2) {
        closeBlock();
        blocks.push(chunk);
      } else {
        if (filled + chunk.length > blockBytes) closeBlock();
        open ??= Buffer.allocUnsafe(blockBytes);
        filled += chunk.copy(open, filled);
      }
      let dropped = 0;
      while (dropped < blocks.length && bytes - (blocks[dropped] as Buffer).length >= most)
        bytes -= (blocks[dropped++] as Buffer).length;
      if (dropped > 0) blocks = blocks.slice(dropped);
    },
    text() {
      closeBlock();
      return Buffer.concat(blocks).toString('utf8');
    },
  };
}

/** Splits chunks into lines. @throws Error for a line that is too long */
function splitLines(onLine: (line: string) => void) {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  return {
    push(chunk: Buffer) {
      const [first = '', ...more] = decoder.write(chunk).split('\n');
      parts.push(first);
      length += first.length;
      if (length > longestLine) throw new Error('a tool answered with a line that is too long');
      if (more.length === 0) return;
      const rest = more.pop() as string;
      onLine(parts.join(''));
      for (const line of more) onLine(line);
      [parts, length] = [[rest], rest.length];
    },
    end() {
      const rest = parts.join('') + decoder.end();
      if (rest !== '') onLine(rest);
      [parts, length] = [[], 0];
    },
  };
}
