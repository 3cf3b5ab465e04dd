import { readFile } from 'node:fs/promises';
import { isAbsent, writeWhole } from './files.ts';

/** Writes `value` as JSON with an indent of two and a newline at the end. See {@link writeWhole}. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Returns the value in a JSON file that azl wrote, or undefined when the file is absent or not valid JSON. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return undefined;
    throw error;
  }
}
