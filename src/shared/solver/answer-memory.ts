import { order } from '../base/order.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import type { AnswerMemory } from './remembering-solver.ts';
import type { SolverAnswer } from './solver.ts';

/** The solver's answers of earlier runs, from a file. */
export interface SavedAnswers extends AnswerMemory {
  /** The answers to save: those that this run asked for and, unless it is over all specs, all others. */
  kept(): ReadonlyMap<string, SolverAnswer>;
  save(): Promise<void>;
}

/**
 * Opens a file of answers, which may be absent.
 * @param isWhole true if the run is over all specs: then it needs no other answers
 * @param index further answers, which may grow
 */
export async function openAnswers(
  file: string,
  isWhole: boolean,
  index: { readonly answers: ReadonlyMap<string, SolverAnswer> },
): Promise<SavedAnswers> {
  const answers = new Map(Object.entries((await readJson<Record<string, SolverAnswer>>(file)) ?? {}));
  const asked = new Map<string, SolverAnswer>();
  const kept = () => (isWhole ? asked : new Map([...index.answers, ...answers]));
  return {
    kept,
    get: (question) => {
      const known = answers.get(question) ?? index.answers.get(question);
      if (known !== undefined) asked.set(question, known);
      return known;
    },
    set: (question, answer) => {
      answers.set(question, answer);
      asked.set(question, answer);
    },
    save: async () => {
      const sorted = [...kept()].sort(([a], [b]) => order(a, b));
      await writeJson(file, Object.fromEntries(sorted));
    },
  };
}
