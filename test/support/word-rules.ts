import type { Located, SourceCode } from './source-code.ts';

/** An old word and what to write instead. Both patterns see lower-case words between single blanks. */
export interface WordRule {
  old: string;
  instead: string;
  /** Matches names of variables, types, functions, members and files. */
  names?: RegExp;
  /** Matches string literals and documents. */
  texts?: RegExp;
}

/** A use of an old word in another sense. */
export interface AllowedWord {
  old: string;
  /** Where it is used: the beginning of the path. */
  path: string;
  /** The line's words match this; any use in the file if absent. */
  text?: RegExp;
  reason: string;
}

/** One use of an old word. */
export interface FoundWord {
  old: string;
  instead: string;
  path: string;
  line: number;
  /** The words in which it was found. */
  words: string;
}

/** The words of a name or a text: camelCase, kebab-case and snake_case taken apart, in lower case. */
export function wordsOf(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9']+/g, ' ')
    .trim()
    .toLowerCase();
}

/** Every use of an old word among `names` (identifiers, file names) and `texts` of one file, each once. */
export function findWords(
  path: string,
  names: readonly Located[],
  texts: readonly Located[],
  rules: readonly WordRule[],
): FoundWord[] {
  const found = new Map<string, FoundWord>();
  const look = (all: readonly Located[], kind: 'names' | 'texts') => {
    for (const { text, line } of all) {
      const words = wordsOf(text);
      for (const { old, instead, [kind]: pattern } of rules) {
        const key = `${old} ${words}`;
        if (pattern?.test(words) && !found.has(key)) {
          found.set(key, { old, instead, path, line, words });
        }
      }
    }
  };
  look([{ text: path.replace(/^.*\/|\.[a-z]+$/g, ''), line: 1 }, ...names], 'names');
  look(texts, 'texts');
  return [...found.values()];
}

/** The uses of old words in a TypeScript file. */
export function wordsInSource(path: string, source: SourceCode, rules: readonly WordRule[]): FoundWord[] {
  return findWords(path, source.identifiers, source.strings, rules);
}

/** The uses of old words in a document, line by line. */
export function wordsInText(path: string, text: string, rules: readonly WordRule[]): FoundWord[] {
  const lines = text.split('\n').map((one, index) => ({ text: one, line: index + 1 }));
  return findWords(path, [], lines, rules);
}

const allows = (allowed: AllowedWord, found: FoundWord) =>
  allowed.old === found.old &&
  found.path.startsWith(allowed.path) &&
  (allowed.text?.test(found.words) ?? true);

/** Uses that nothing allows, and allowances that nothing needs, as lines for people. */
export function wordErrors(found: readonly FoundWord[], allowed: readonly AllowedWord[]): string[] {
  const uses = found
    .filter((one) => !allowed.some((allowance) => allows(allowance, one)))
    .map(
      ({ old, instead, path, line, words }) =>
        `${path}:${line}: '${old}' is ${instead} here: ${words.slice(0, 100)}`,
    );
  const unneeded = allowed
    .filter((allowance) => !found.some((one) => allows(allowance, one)))
    .map(({ old, path }) => `'${old}' is allowed in ${path}, and not used there any more`);
  return [...uses, ...unneeded];
}
