import type { Schema } from '../base/schema.ts';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import { isAbsent, writeWhole } from './files.ts';
import { readPlainFile } from './plain-files.ts';

/** Bytes of a document where nothing else is said. */
const mostBytes = 64e6;

/** Writes `value` as JSON with an indent of two and a newline at the end. See {@link writeWhole}. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON document that another process wrote: a regular file of bounded size, each of whose fields is as `schema`
 * says.
 * @throws InvalidDocumentError; ENOENT when it is absent
 */
export async function readDocument<T>(schema: Schema<T>, path: string, most = mostBytes): Promise<T> {
  return parseDocument(schema, await readPlainFile(path, most), path);
}

/** Does the same for a document that can be made anew: undefined when it is absent, or anything else. */
export async function readJson<T>(schema: Schema<T>, path: string, most?: number): Promise<T | undefined> {
  try {
    return await readDocument(schema, path, most);
  } catch (error) {
    if (error instanceof InvalidDocumentError || isAbsent(error)) return undefined;
    throw error;
  }
}
