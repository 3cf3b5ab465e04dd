import { order } from './order.ts';

/**
 * Returns the number of edits from `a` to `b`: insertions, deletions, replacements and swaps of neighbours. Pure.
 * @param most the count stops, with Infinity, as soon as it is certain to be higher
 */
export function editDistance(a: string, b: string, most = Number.POSITIVE_INFINITY): number {
  let leastOfLast = 0;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
      least = Math.min(least, cost);
    }
    // A swap leads past one row, but not past two.
    if (Math.min(least, leastOfLast) > most) return Number.POSITIVE_INFINITY;
    leastOfLast = least;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? a.length;
}

/** Returns the hint `Did you mean 'x'?`, or undefined if no candidate is near to `word`. Pure. */
export function nearestHint(word: string, candidates: Iterable<string>): string | undefined {
  const near = nearestName(word, candidates);
  return near === undefined ? undefined : `Did you mean '${near}'?`;
}

/** Returns the candidate nearest to `word`, or undefined when over a third of the word differs from each. Pure. */
export function nearestName(word: string, candidates: Iterable<string>): string | undefined {
  return nearestNames(word, candidates, 1)[0];
}

/**
 * Returns the candidates nearest to `word`, the nearest first: of those of which at most a third of the word differs, the
 * ones that are at most one edit farther than the nearest. Pure.
 */
export function nearestNames(word: string, candidates: Iterable<string>, most: number): string[] {
  const wanted = word.toLowerCase();
  const found: { name: string; distance: number }[] = [];
  let limit = Math.max(1, Math.ceil(word.length / 3));
  for (const name of new Set(candidates)) {
    if (Math.abs(name.length - word.length) > limit) continue;
    const distance = editDistance(wanted, name.toLowerCase(), limit);
    if (distance > limit) continue;
    found.push({ name, distance });
    limit = Math.min(limit, distance + 1);
  }
  return found
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || order(a.name, b.name))
    .slice(0, most)
    .map(({ name }) => name);
}
