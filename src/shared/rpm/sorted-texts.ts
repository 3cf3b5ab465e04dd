import { order } from '../base/order.ts';
import type { Turn } from '../base/turns.ts';

/** Texts that are sorted, or merged, in a row: some milliseconds. */
const inARow = 1 << 13;

/** Returns texts in the order of their code units, sorted in steps: an RPM may have a hundred thousand paths. Pure. */
export async function sortedTexts(given: Iterable<string>, turn: Turn): Promise<string[]> {
  const texts = [...given];
  let runs: string[][] = [];
  for (let at = 0; at < texts.length; at += inARow) {
    await turn();
    runs.push(texts.slice(at, at + inARow).sort(order));
  }
  while (runs.length > 1) {
    const longer: string[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      longer.push(await merged(runs[at] as string[], runs[at + 1] ?? [], turn));
    runs = longer;
  }
  return runs[0] ?? [];
}

async function merged(one: readonly string[], other: readonly string[], turn: Turn): Promise<string[]> {
  const all: string[] = [];
  for (let [at, next] = [0, 0]; all.length < one.length + other.length; ) {
    if (all.length % inARow === 0) await turn();
    const [first, second] = [one[at], other[next]];
    const isFirst = second === undefined || (first !== undefined && order(first, second) <= 0);
    all.push((isFirst ? first : second) as string);
    if (isFirst) at++;
    else next++;
  }
  return all;
}
