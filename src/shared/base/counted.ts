/** Returns a number with its noun: `1 spec`, `2 specs`. Pure. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
