import { realpath } from 'node:fs/promises';
import { counted } from '../base/counted.ts';
import { textDigest } from '../host/digests.ts';
import { isReading, type JobAnswer, type Reading } from './answer.ts';
import { type AskedSpec, type AskOptions, askRpm, type Macros, parseRecipe } from './ask-rpm.ts';
import { lookAtFolder, type SpecFolder } from './spec-folder.ts';

/** A memory of what rpm said about specs, by question. What it gives may come from a stranger. */
export interface ParseMemory {
  get(question: string): unknown;
  /** Keeps an answer that counts, also one that was got. */
  set(question: string, reading: Reading): void;
}

/** Where answers are remembered. */
export interface Remembering {
  memory: ParseMemory;
  /** Everything in the worker, as one digest. */
  workerDigest: string;
}

/**
 * Does what {@link askRpm} does, but asks only about specs whose answers are not remembered. A question is all that a parse
 * can see: the recipe, the worker, the spec, and the folder but for the bytes of its files. The answer names those that
 * the spec has read, with their digests: it counts while they have these. What rpm refused is not remembered, as it may
 * have had another cause than the spec.
 */
export async function recallOrAsk(
  files: readonly AskedSpec[],
  options: AskOptions,
  { memory, workerDigest }: Remembering,
): Promise<(JobAnswer | undefined)[]> {
  const recipes = new Map<string, string>();
  const recipeOf = (macros: Macros) => {
    const text = JSON.stringify(macros);
    const recipe = recipes.get(text) ?? parseRecipe(options, macros);
    recipes.set(text, recipe);
    return recipe;
  };
  const roots = new Map<string, string>();
  for (const { specsDir } of files) if (!roots.has(specsDir)) roots.set(specsDir, await realpath(specsDir));
  const look = ({ specsDir, path, macros }: AskedSpec) => {
    const folder = lookAtFolder(roots.get(specsDir) as string, path);
    return folder && { folder, question: questionOf([recipeOf(macros), workerDigest], folder) };
  };
  const questions: (string | undefined)[] = [];
  const known = files.map((file, index): JobAnswer | undefined => {
    const seen = look(file);
    questions[index] = seen?.question;
    const reading = seen && memory.get(seen.question);
    if (seen === undefined || !isReading(reading) || !fits(reading, seen.folder)) return undefined;
    memory.set(seen.question, reading);
    return { ...reading, index };
  });
  const others = files.flatMap((_, index) => (known[index] === undefined ? [index] : []));
  const asked = await askRpm(
    others.map((index) => files[index] as AskedSpec),
    options,
  );
  for (const [at, index] of others.entries()) {
    const answer = asked[at];
    known[index] = answer && { ...answer, index };
    const { index: _, ...reading } = answer ?? {};
    const after = look(files[index] as AskedSpec);
    // A file that changed meanwhile was read in one state or the other.
    const isSame = after !== undefined && after.question === questions[index];
    if (isSame && isReading(reading) && fits(reading, after.folder)) memory.set(after.question, reading);
  }
  const recalled = files.length - others.length;
  if (recalled > 0)
    options.log.info(`${counted(recalled, 'spec')} as parsed before, ${others.length} parsed now`);
  return known;
}

function questionOf(given: readonly string[], { spec, layout }: SpecFolder): string {
  return textDigest(JSON.stringify(['azl parse question 1', ...given, spec, layout]));
}

/** True if a spec would read the same files now. */
function fits({ digest, opened }: Reading, folder: SpecFolder): boolean {
  return folder.spec === digest && opened.every(([name, bytes]) => folder.digestOf(name) === bytes);
}
