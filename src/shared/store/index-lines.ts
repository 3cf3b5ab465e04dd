import { order } from '../base/order.ts';
import { boolean, constant, digest, integer, object } from '../base/schema.ts';
import { newTurn } from '../base/turns.ts';
import { ensure, InvalidDocumentError, parseDocument } from '../base/validate.ts';
import { linesOf, writeLines } from '../host/lines.ts';
import { generatedRunSchema } from '../solver/generated-requires.ts';
import { foundSchema, type SolverAnswer } from '../solver/solver.ts';
import { parseLines, readParseLine } from '../specs/saved-parses.ts';
import { checkResult } from './check-result.ts';
import { type Indexed, indexedSchema, listResult, newIndex, type StoreIndex } from './store-index.ts';

/*
 * `index.jsonl`, which may have more than a hundred megabytes: one line of JSON for its head, one for each result, by key,
 * one for each answer of the solver, by question, one for each answer of rpm about a spec, by question, then one for each
 * run of a `%generate_buildrequires`, by key. So it is read and written a little at a time, and what is wrong with one line
 * costs no other.
 */

/** The first line. */
interface IndexHead {
  schema: 'azl/index';
  version: 4;
  onlyStored: boolean;
  /** Numbers of lines that follow. */
  results: number;
  answers: number;
  parses: number;
  generated: number;
}

const headSchema = object<IndexHead>({
  ...{ schema: constant('azl/index'), version: constant(4), onlyStored: boolean },
  ...{ results: integer(0, 1e6), answers: integer(0, 1e7), parses: integer(0, 1e6) },
  generated: integer(0, 1e7),
});

type Found = Extract<SolverAnswer, { ok: true }>;

/** A line with an answer. */
interface AnswerLine {
  question: string;
  answer: Found;
}

const answerSchema = object<AnswerLine>({ question: digest, answer: foundSchema });

export const indexFile = 'index.jsonl';

/** Characters of all results in an index: about three results of each package of Azure Linux. */
const mostCharacters = 250e6;

/** The bounds of an index that is read. A line is a result with all of its paths, or an answer. */
const bounds = { line: 64e6, bytes: 600e6 };

/** An index with more errors is none. */
const mostErrors = 100;

/**
 * Writes the file of an index in one rename. Equal indexes give equal bytes. If all results make more than `most`
 * characters, those seen longest ago are left out: they can still be found by their exact keys.
 * @param taken keys of results that are never left out, because the plan names them
 */
export async function writeIndex(
  path: string,
  index: StoreIndex,
  taken: ReadonlySet<string> = new Set(),
  most = mostCharacters,
): Promise<void> {
  const results = sorted(await textsOf(index, taken, most));
  const answers = sorted(index.answers).filter(([, answer]) => answer.ok);
  const parses = parseLines(index.parses);
  const generated = sorted(index.generated);
  const head: IndexHead = {
    ...{ schema: 'azl/index', version: 4, onlyStored: index.onlyStored },
    ...{ results: results.length, answers: answers.length, parses: parses.length },
    generated: generated.length,
  };
  await writeLines(path, function* () {
    yield JSON.stringify(head);
    for (const [, text] of results) yield text;
    for (const [question, answer] of answers) yield JSON.stringify({ question, answer });
    yield* parses;
    for (const [, run] of generated) yield JSON.stringify(run);
  });
}

/** Returns the texts of as many results as fit, by key: those of `taken`, the newest of each package, then those seen last. */
async function textsOf(
  { results, newest }: StoreIndex,
  taken: ReadonlySet<string>,
  most: number,
): Promise<[string, string][]> {
  const rank = (key: string, one: Indexed) =>
    taken.has(key) ? 2 : newest.get(one.result.package) === one ? 1 : 0;
  const ranked = [...results].sort(
    ([a, one], [b, other]) => rank(b, other) - rank(a, one) || other.seen - one.seen || order(a, b),
  );
  const texts: [string, string][] = [];
  let length = 0;
  const turn = newTurn();
  for (const [key, one] of ranked) {
    await turn();
    const text = JSON.stringify(one);
    length += text.length;
    if (length > most && !taken.has(key)) break;
    texts.push([key, text]);
  }
  return texts;
}

function sorted<T>(lines: Iterable<readonly [string, T]>): (readonly [string, T])[] {
  return [...lines].sort(([a], [b]) => order(a, b));
}

/**
 * Reads and checks the index that another run wrote. A line with an error is left out; the others stay.
 * @returns the errors of lines, each with the package if that is known
 * @throws InvalidDocumentError, NotPlainFileError when the file is no whole index of this version
 */
export async function readIndex(path: string): Promise<{ index: StoreIndex; errors: string[] }> {
  const index = newIndex();
  const errors: string[] = [];
  let head: IndexHead | undefined;
  let lines = 0;
  for await (const line of linesOf(path, bounds)) {
    if (head === undefined) {
      head = parseDocument(headSchema, line, path);
      index.onlyStored = head.onlyStored;
      continue;
    }
    lines++;
    try {
      const place = `${path}:${lines + 1}`;
      if (lines <= head.results) addResult(index, line, place);
      else if (lines <= head.results + head.answers) addAnswer(index, line, place);
      else if (lines <= head.results + head.answers + head.parses) addParse(index, line, place);
      else addGenerated(index, line, place);
    } catch (error) {
      if (!(error instanceof InvalidDocumentError)) throw error;
      errors.push(error.message);
      if (errors.length > mostErrors) throw error;
    }
  }
  const { results = 1, answers = 0, parses = 0, generated = 0 } = head ?? {};
  const expected = results + answers + parses + generated;
  ensure(lines === expected, '$', `The index has ${lines} lines after its head, but expected ${expected}`);
  return { index, errors };
}

function addResult(index: StoreIndex, line: string, place: string): void {
  const one = parseDocument(indexedSchema, line, place);
  const { package: name, key } = one.result;
  ensure(!index.results.has(key), '$.result.key', `${key} is listed twice`);
  checkResult(one.result, name, key);
  listResult(index, one);
}

/** An answer that a run found is verified where it is used. A refusal is not: only the solver of this job gives one. */
function addAnswer(index: StoreIndex, line: string, place: string): void {
  const { question, answer } = parseDocument(answerSchema, line, place);
  index.answers.set(question, answer);
}

/** An answer of rpm about a spec is verified where it is used. */
function addParse(index: StoreIndex, line: string, place: string): void {
  index.parses.set(...readParseLine(line, place));
}

function addGenerated(index: StoreIndex, line: string, place: string): void {
  const run = parseDocument(generatedRunSchema, line, place);
  index.generated.set(run.key, run);
}
