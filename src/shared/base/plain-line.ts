/**
 * Returns a line of a tool's output without colours, cursor moves and other control characters, as a page and a terminal
 * can show it. Marks that change the direction of a text go, too. Pure.
 */
export function plainLine(line: string): string {
  if (!/[^\t -~]/.test(line)) return line.trimEnd();
  return line
    .replace(/\p{Cc}\[[0-?]*[ -/]*[@-~]/gu, '')
    .replace(/[^\P{Cc}\t]|\p{Bidi_Control}|[\u2028\u2029]/gu, '')
    .trimEnd();
}

/** Returns a text whose lines are all plain; a carriage return ends a line, too. Pure. */
export function plainText(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map(plainLine)
    .join('\n');
}
