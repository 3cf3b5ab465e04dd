/** Times that macros in macros are replaced. */
const deepest = 5;

/** Characters of a macro and of a value: a few macros of each other would else fill the memory. */
const longest = 1000;

/** Within a line: blank lines must not be read to their end from each of them. */
const definition = /^[ \t]*%(?:global|define)[ \t]+(\w+)[ \t]+(\S+)[ \t]*$/gm;

/** Returns the macros that the text of a spec defines in a line and a word each. Conditions are not looked at. Pure. */
export function literalMacros(text: string): Map<string, string> {
  const macros = new Map<string, string>();
  for (const [, name = '', body = ''] of text.matchAll(definition))
    if (body.length <= longest) macros.set(name, body);
  return macros;
}

/** Replaces macros in a value, as far as they are known and it does not grow long. Pure. */
export function expandLiterally(given: string, macros: ReadonlyMap<string, string>): string {
  let value = given;
  for (let depth = 0; depth < deepest && value.includes('%') && value.length <= longest; depth++)
    value = value.replaceAll(/%(?:\{\??(\w+)\}|(\w+))/g, (all, braced, plain) => {
      return macros.get(braced ?? plain) ?? all;
    });
  return value;
}
