/** Compares two strings by code units, for `sort`: the order is the same on every host. Pure. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
