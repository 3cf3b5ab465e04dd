/** Returns the last `count` lines of a text, without the blank space around it. Pure. */
export function lastLines(text: string, count: number): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
