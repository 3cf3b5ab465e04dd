import { order } from '../base/order.ts';
import { anything, digest, object } from '../base/schema.ts';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import { isAbsent } from '../host/files.ts';
import { linesOf, writeLines } from '../host/lines.ts';
import type { ParseMemory } from './recall.ts';

/** The answers of rpm about specs, by question. Those of another process are checked where they are used. */
export type Parses = Map<string, unknown>;

/** The bounds of a file of answers: those of Azure Linux take a tenth of it. */
const bounds = { line: 20e6, bytes: 100e6 };

const lineSchema = object<{ question: string; reading: unknown }>({ question: digest, reading: anything });

/** Returns the lines of a file of answers, sorted, as far as they fit. */
export function parseLines(parses: Parses): string[] {
  let bytes = 0;
  return [...parses]
    .sort(([a], [b]) => order(a, b))
    .map(([question, reading]) => JSON.stringify({ question, reading }))
    .filter((line) => {
      const length = Buffer.byteLength(line) + 1;
      const isKept = length <= bounds.line && bytes + length <= bounds.bytes;
      bytes += isKept ? length : 0;
      return isKept;
    });
}

/** Reads such a line. @param place its place, for the message. @throws InvalidDocumentError */
export function readParseLine(line: string, place: string): [question: string, reading: unknown] {
  const { question, reading } = parseDocument(lineSchema, line, place);
  return [question, reading];
}

/** The answers of earlier runs. */
export interface SavedParses extends ParseMemory {
  /** Forgets what this run did not set and writes the others, if that changes the file. */
  save(): Promise<void>;
}

/**
 * Opens a file of answers, which may be absent.
 * @param known further answers. It gets those of the file and of this run.
 */
export async function openParses(file: string, known: Parses): Promise<SavedParses> {
  const saved = await readParses(file);
  for (const [question, reading] of saved) if (!known.has(question)) known.set(question, reading);
  const asked = new Set<string>();
  return {
    get: (question) => known.get(question),
    set: (question, reading) => {
      asked.add(question);
      known.set(question, reading);
      if (saved.get(question) !== reading) saved.delete(question);
    },
    save: async () => {
      for (const question of known.keys()) if (!asked.has(question)) known.delete(question);
      if (saved.size === known.size && [...known.keys()].every((question) => saved.has(question))) return;
      await writeLines(file, () => parseLines(known));
    },
  };
}

async function readParses(file: string): Promise<Parses> {
  const parses: Parses = new Map();
  try {
    for await (const line of linesOf(file, bounds)) parses.set(...readParseLine(line, file));
  } catch (error) {
    if (!(error instanceof InvalidDocumentError || isAbsent(error))) throw error;
  }
  return parses;
}
