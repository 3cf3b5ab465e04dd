/** Returns the parts of a text between blanks and line ends. Pure. */
export function splitAtBlanks(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
