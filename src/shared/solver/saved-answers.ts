import { order } from '../base/order.ts';
import { digest, map } from '../base/schema.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { answerSchema, type SolverAnswer } from './solver.ts';

const savedSchema = map(answerSchema, digest);

/** Bytes of saved answers: those of Azure Linux take a tenth of it. */
const mostBytes = 512e6;

/** The answers of a solver, by question as `solverQuestion` writes it. */
export type Answers = ReadonlyMap<string, SolverAnswer>;

/** A memory of answers. */
export interface AnswerMemory {
  get(question: string): SolverAnswer | undefined;
  set(question: string, answer: SolverAnswer): void;
}

/** The answers that the jobs of one run share. */
export interface SharedAnswers {
  /** The answers that the solver of this job found. */
  readonly solved: Answers;
  /** True if the answer to a question is known. */
  has(question: string): boolean;
  /** Adds answers that other jobs found. */
  add(answers: Answers): void;
}

/** The solver's answers of earlier runs and of the jobs of this run. */
export interface SavedAnswers extends AnswerMemory, SharedAnswers {
  /** The answers to save: those that this run asked for and, unless it is over all specs, all others. */
  kept(): Answers;
  save(): Promise<void>;
}

/**
 * Opens a file of answers, which may be absent.
 * @param isWhole true if the run is over all specs: then it needs no other answers
 * @param index further answers. It gets those of the file and of this run, so a plan has them for the other jobs.
 */
export async function openAnswers(
  file: string,
  isWhole: boolean,
  index: { readonly answers: Map<string, SolverAnswer> },
): Promise<SavedAnswers> {
  const known = index.answers;
  const [solved, asked] = [new Map<string, SolverAnswer>(), new Map<string, SolverAnswer>()];
  const add = (answers: Iterable<readonly [string, SolverAnswer]>) => {
    for (const [question, answer] of answers) if (!known.has(question)) known.set(question, answer);
  };
  add(Object.entries((await readJson(savedSchema, file, mostBytes)) ?? {}));
  const kept = () => (isWhole ? asked : known);
  return {
    ...{ solved, add, kept },
    has: (question) => known.has(question),
    get: (question) => {
      const answer = known.get(question);
      if (answer !== undefined) asked.set(question, answer);
      return answer;
    },
    set: (question, answer) => {
      for (const answers of [known, solved, asked]) answers.set(question, answer);
    },
    save: () => writeJson(file, Object.fromEntries([...kept()].sort(([a], [b]) => order(a, b)))),
  };
}
