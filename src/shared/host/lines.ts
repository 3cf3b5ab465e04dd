import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from './files.ts';
import { NotPlainFileError, openPlainFile, readAt } from './plain-files.ts';

/** Bytes that are read or written at once. The event loop turns between two of these. */
const chunkBytes = 1 << 20;

const lineBreak = 0x0a;

/**
 * Returns the lines of a file that another process wrote, without their line breaks. The last line has one, too.
 * @param bounds bytes of a line, and of all
 * @throws NotPlainFileError; ENOENT when it is absent
 */
export async function* linesOf(
  path: string,
  bounds: { line: number; bytes: number },
): AsyncGenerator<string, void, void> {
  const file = await openPlainFile(path);
  try {
    const { size } = await file.stat();
    if (size > bounds.bytes) throw tooLarge(path, 'It', bounds.bytes);
    let begun: Buffer[] = [];
    let length = 0;
    for (let at = 0; at < size; ) {
      const chunk = await readAt(file, at, Math.min(chunkBytes, size - at));
      if (chunk.length === 0) break;
      at += chunk.length;
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(lineBreak, start);
        const part = chunk.subarray(start, end === -1 ? undefined : end);
        length += part.length;
        if (length > bounds.line) throw tooLarge(path, 'A line', bounds.line);
        begun.push(part);
        if (end === -1) break;
        yield Buffer.concat(begun).toString('utf8');
        [begun, length, start] = [[], 0, end + 1];
      }
    }
    if (length > 0) throw new NotPlainFileError(path, 'It ends within a line');
  } finally {
    await file.close();
  }
}

function tooLarge(path: string, what: string, most: number): NotPlainFileError {
  return new NotPlainFileError(path, `${what} has more than ${most} bytes`);
}

/** Writes a file of lines, and its folder when that is absent, in one rename. */
export async function writeLines(path: string, lines: () => Iterable<string>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, async (part) => {
    const file = await open(part, 'w');
    try {
      let text = '';
      for (const line of lines()) {
        text += `${line}\n`;
        if (text.length < chunkBytes) continue;
        await file.writeFile(text);
        text = '';
      }
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}
