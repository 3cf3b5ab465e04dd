import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** Bytes of an output that are kept: enough for every answer of a tool, too few to fill memory. */
const keptBytes = 64 * 1024 * 1024;

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

/**
 * @param onData receives every chunk instead of {@link Collector.text}
 * @param onLine receives every line; the last one, when it has no newline, at {@link Collector.text}
 */
export function collector(onData?: (chunk: Buffer) => void, onLine?: (line: string) => void) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let rest = '';
  return {
    push(chunk: Buffer) {
      if (onData !== undefined) return onData(chunk);
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes > keptBytes && chunks.length > 1) bytes -= chunks.shift()?.length ?? 0;
      if (onLine === undefined) return;
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    },
    /** Returns the end of the collected output. */
    text() {
      if (rest !== '') onLine?.(rest);
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
