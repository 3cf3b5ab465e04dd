import { readFile } from 'node:fs/promises';
import { isRoot } from '../host/process.ts';
import { runShortTool } from '../host/short-tool.ts';

/**
 * Returns the bytes of memory of some processes, in which a page that several of them share counts once; undefined when
 * the kernel does not say.
 */
export async function exactMemory(pids: readonly number[]): Promise<number | undefined> {
  const kilobytes = sumOf(/^Pss:\s+(\d+) kB$/gm, await readOfAll(pids, 'smaps_rollup'));
  return kilobytes === undefined ? undefined : kilobytes * 1024;
}

/** Returns the bytes that some processes, and those of their children that ended, have written to files. */
export async function bytesWritten(pids: readonly number[]): Promise<number> {
  return sumOf(/^write_bytes: (\d+)$/gm, await readOfAll(pids, 'io')) ?? 0;
}

/** Reads a file of /proc, which root alone may read, of each process that still runs. */
async function readOfAll(pids: readonly number[], file: string): Promise<string> {
  const paths = pids.map((pid) => `/proc/${pid}/${file}`);
  if (!isRoot()) return (await runShortTool(['cat', '--', ...paths], { root: true, ok: 'any' })).stdout;
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  return texts.join('');
}

function sumOf(pattern: RegExp, text: string): number | undefined {
  const numbers = [...text.matchAll(pattern)].map(([, number]) => Number(number));
  return numbers.length === 0 ? undefined : numbers.reduce((sum, one) => sum + one, 0);
}
