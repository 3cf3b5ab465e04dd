import type { Schema } from '../base/schema.ts';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import { isAbsent, writeWhole } from './files.ts';
import { NotPlainFileError, readPlainFile } from './plain-files.ts';

/** Bytes of a document where nothing else is said. */
const mostBytes = 64e6;

/** Writes `value` as JSON with an indent of two and a newline at the end. See {@link writeWhole}. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON document that another process wrote: a regular file of bounded size, each of whose fields is as `schema`
 * says.
 * @throws InvalidDocumentError, NotPlainFileError; ENOENT when it is absent
 */
export async function readDocument<T>(schema: Schema<T>, path: string, most = mostBytes): Promise<T> {
  return parseDocument(schema, await readPlainFile(path, most), path);
}

/** Does the same for a document that can be made anew: undefined when it is absent, or anything else. */
export async function readJson<T>(schema: Schema<T>, path: string, most?: number): Promise<T | undefined> {
  try {
    return await readDocument(schema, path, most);
  } catch (error) {
    if (isInvalid(error) || isAbsent(error)) return undefined;
    throw error;
  }
}

/** True for the error of a document or file that another process wrote, and that is not what it should be. */
export function isInvalid(error: unknown): boolean {
  return error instanceof InvalidDocumentError || error instanceof NotPlainFileError;
}
