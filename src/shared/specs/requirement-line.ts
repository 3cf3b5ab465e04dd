/** The length at which the rest of a line is left out: nobody writes a longer one, and it is searched from many places. */
const longestLine = 1000;

/** A word of a tag's value, also one with macros that hold blanks. */
const word = /(?:%\{[^}]*\}|%\([^)]*\)|[^\s,])+/g;
const macro = /%(?:\{[^}]*\}|\([^)]*\)|\w+)/;

/**
 * Returns the line, from 1, on which a spec states a requirement: the first with its name, else the one whose macros leave
 * the most letters of it. Undefined if there is none: a macro or an included file may state it. Pure.
 * @param names of the capabilities of the requirement, as rpm expanded them
 */
export function requirementLine(
  spec: string,
  tag: 'BuildRequires' | 'Requires',
  names: readonly string[],
): number | undefined {
  const tagged = new RegExp(`^\\s*${tag}\\s*(?:\\([^)]*\\)\\s*)?:(.*)`, 'i');
  const lines = spec.split('\n').map((line) => line.slice(0, longestLine));
  const values = lines.map((line) => wordsOf(tagged.exec(line)?.[1] ?? ''));
  const plain = values.findIndex((texts) => texts.some((one) => names.includes(one)));
  if (plain !== -1) return plain + 1;
  const letters = values.map((texts) => Math.max(0, ...texts.map((one) => lettersLeft(one, names))));
  const most = Math.max(0, ...letters);
  if (most > 0) return letters.indexOf(most) + 1;
  // In a macro: `%{?with_x:BuildRequires: x}`.
  const inMacro = lines.findIndex(
    (line) =>
      /^\s*%.*Requires/i.test(line) &&
      wordsOf(line.replaceAll(/[{}]/g, ' ')).some((one) => names.includes(one)),
  );
  return inMacro === -1 ? undefined : inMacro + 1;
}

/** The words of a value, without the parentheses of rich dependencies. */
function wordsOf(value: string): string[] {
  return (value.match(word) ?? [])
    .flatMap((one) => [one, one.replace(/^\(+/, ''), one.replace(/\)$/, '')])
    .filter(Boolean);
}

/** The letters of a word with macros outside of these, if they fit one of the names; else 0. */
function lettersLeft(written: string, names: readonly string[]): number {
  const parts = written.split(macro);
  if (parts.length === 1) return 0;
  return names.some((name) => holdsInOrder(name, parts)) ? parts.join('').length : 0;
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
