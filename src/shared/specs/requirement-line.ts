import { sectionLine } from './text.ts';

/** The length at which the rest of a line is left out: nobody writes a longer one. */
const longestLine = 1000;

/**
 * Names of one spec that are compared with words with macros. A spec without mistakes has none, and one with all its names
 * wrong some ten thousand. Beyond, a name has no line.
 */
const mostComparisons = 200_000;

/** A word of a tag's value, also one with macros that hold blanks. */
const word = /(?:%\{[^}]*\}|%\([^)]*\)|[^\s,])+/g;
const macro = /%(?:\{[^}]*\}|\([^)]*\)|\w+)/;
const tagged = /^\s*(BuildRequires|Requires)\s*(?:\([^)]*\)\s*)?:(.*)/i;

type Tag = 'BuildRequires' | 'Requires';

/** The section that names requirements when it runs: all of them stand on its first line. */
const generating = '%generate_buildrequires';

/** The requirements in the lines of a spec. Lines count from 1. */
interface Statements {
  /** The words of each tag, and the first line of each. */
  texts: Record<Tag, Map<string, number>>;
  /** The words with macros of each tag without these, and the first line of each. */
  withoutMacros: Record<Tag, Map<string, number>>;
  /** The words with macros of each tag, those with the most letters outside of these first. */
  withMacros: Record<Tag, WithMacro[]>;
  /** The words of lines such as `%{?with_x:BuildRequires: x}`, and the first line of each. */
  inMacros: Map<string, number>;
}

interface WithMacro {
  line: number;
  /** The texts around the macros. */
  parts: string[];
  letters: number;
}

/**
 * Returns a function that finds the line, from 1, on which a spec states a requirement: the first with its name, else the
 * one whose macros leave the most letters of it. Undefined if there is none: a macro or an included file may state it. The
 * spec is read once, at the first call.
 */
export function requirementLines(
  read: () => string,
): (tag: Tag | typeof generating, names: readonly string[]) => number | undefined {
  let statements: Statements | undefined;
  let comparisons = 0;
  const fits = (name: string, { parts }: WithMacro) =>
    comparisons++ < mostComparisons && holdsInOrder(name, parts);
  return (tag, names) => {
    if (tag === generating) return sectionLine(read(), tag);
    statements ??= statementsOf(read());
    return (
      firstOf(statements.texts[tag], names) ??
      firstOf(statements.withoutMacros[tag], names) ??
      statements.withMacros[tag].find((one) => names.some((name) => fits(name, one)))?.line ??
      firstOf(statements.inMacros, names)
    );
  };
}

function firstOf(lines: ReadonlyMap<string, number>, names: readonly string[]): number | undefined {
  const found = names.flatMap((name) => lines.get(name) ?? []);
  return found.length === 0 ? undefined : found.reduce((first, line) => Math.min(first, line));
}

function statementsOf(spec: string): Statements {
  const lines = () => ({ BuildRequires: new Map<string, number>(), Requires: new Map<string, number>() });
  const [texts, withoutMacros] = [lines(), lines()];
  const withMacros: Statements['withMacros'] = { BuildRequires: [], Requires: [] };
  const inMacros = new Map<string, number>();
  const note = (lines: Map<string, number>, text: string, line: number) => {
    if (!lines.has(text)) lines.set(text, line);
  };
  for (const [at, whole] of spec.split('\n').entries()) {
    const [line, text] = [at + 1, whole.slice(0, longestLine)];
    const [, name, value = ''] = tagged.exec(text) ?? [];
    if (name !== undefined) {
      const tag = name.toLowerCase() === 'requires' ? 'Requires' : 'BuildRequires';
      for (const one of wordsOf(value)) {
        note(texts[tag], one, line);
        const parts = one.split(macro);
        const left = parts.join('');
        if (parts.length === 1 || left === '') continue;
        note(withoutMacros[tag], left, line);
        withMacros[tag].push({ line, parts, letters: left.length });
      }
    } else if (/^\s*%.*Requires/i.test(text))
      for (const one of wordsOf(text.replaceAll(/[{}]/g, ' '))) note(inMacros, one, line);
  }
  // The sort is stable: of equal ones, the first line.
  for (const list of Object.values(withMacros)) list.sort((a, b) => b.letters - a.letters);
  return { texts, withoutMacros, withMacros, inMacros };
}

/** The words of a value, each also without the parentheses of rich dependencies. */
function wordsOf(value: string): Set<string> {
  const written = value.match(word) ?? [];
  return new Set(
    written.flatMap((one) => [one, one.replace(/^\(+/, ''), one.replace(/\)$/, '')]).filter(Boolean),
  );
}

/** True if a name begins with the first part, ends with the last, and has the others between them in this order. */
function holdsInOrder(name: string, parts: readonly string[]): boolean {
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
