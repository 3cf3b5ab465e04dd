import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseUserJson } from '../base/json.ts';
import { makeCommand } from '../base/make-command.ts';
import { failOnProblems, type Problem, problem } from '../base/problems.ts';
import { isAbsent, readUserFile } from '../host/files.ts';
import { writeJson } from '../host/json-files.ts';
import type { Spec, SpecSource } from '../model/spec.ts';
import { specFile } from '../specs/find.ts';

/** SHA-256 in lower case hex by base name. */
export type Signatures = ReadonlyMap<string, string>;

type SpecFile = Pick<Spec, 'package' | 'specsDir' | 'path'>;

/** Returns the path of `<name>.signatures.json` beside the spec. */
export function signaturesFile(spec: SpecFile): string {
  return join(specFile(spec), '..', `${spec.package}.signatures.json`);
}

/**
 * Parses `{"Signatures": {"<base name>": "<sha256>"}}`. The case of the key does not count, as in Azure Linux's reader.
 * @throws ProblemsError when it is not JSON (with line and column), not of this shape, or holds what is no SHA-256
 */
export function parseSignatures(content: string, file: string): Signatures {
  const value = parseUserJson(content, file);
  const members = isObject(value) ? Object.entries(value) : [];
  const entries = members.filter(([key]) => key.toLowerCase() === 'signatures');
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || !isObject(entry[1])) {
    const message = entries.length > 1 ? "it has 'Signatures' twice" : "it has no object 'Signatures'";
    throw problem(message, { file, path: '$', hint: 'Expected {"Signatures": {"file": "sha256"}}.' });
  }
  const problems: Problem[] = [];
  const signatures = new Map<string, string>();
  for (const [name, digest] of Object.entries(entry[1])) {
    const path = `$.${entry[0]}[${JSON.stringify(name)}]`;
    const message = `${JSON.stringify(digest)} is no SHA-256`;
    if (typeof digest === 'string' && /^[0-9a-f]{64}$/i.test(digest))
      signatures.set(name, digest.toLowerCase());
    else problems.push({ message, file, path, hint: 'Expected 64 hex digits.' });
  }
  failOnProblems(problems);
  return signatures;
}

/** Reads the signatures beside a spec; none if there is no such file. @throws ProblemsError */
export async function readSignatures(spec: SpecFile): Promise<Signatures> {
  const file = signaturesFile(spec);
  const isThere = await lstat(file).then(
    () => true,
    (error: unknown) => !isAbsent(error),
  );
  return isThere ? parseSignatures(await readUserFile(file, 'it', spec.specsDir), file) : new Map();
}

/** Returns a problem for each source without an entry. Patches lie beside the spec and need none. */
export function missingEntries(
  file: string,
  name: string,
  sources: readonly SpecSource[],
  signatures: Signatures,
): Problem[] {
  return sources
    .filter((source) => source.kind === 'source' && !signatures.has(source.name))
    .map((source) => ({
      message: `Source${source.number} '${source.name}' has no entry`,
      file,
      hint: `Check the file, then run: ${makeCommand('signatures', { PACKAGE: name })}`,
    }));
}

/** Writes `digests`, sorted by name, as a package's signatures. @returns the path of the file */
export async function writeSignatures(spec: SpecFile, digests: Signatures): Promise<string> {
  const file = signaturesFile(spec);
  const sorted = Object.fromEntries([...digests].sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeJson(file, { Signatures: sorted });
  return file;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
