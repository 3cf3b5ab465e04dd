/** Returns the last `count` lines of a text, without the blank space around it. Pure. */
export function lastLines(text: string, count: number): string {
  const whole = text.trim();
  let start = whole.length;
  for (let line = 0; line < count && start >= 0; line++) start = whole.lastIndexOf('\n', start - 1);
  return whole.slice(start + 1);
}
