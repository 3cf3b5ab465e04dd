/** An RPM version in parts. `release` is undefined where a dependency states none. */
export interface Evr {
  epoch: number;
  version: string;
  release?: string;
}

/**
 * Compares two versions, or two releases, as rpm does since 4.15. Runs of digits are compared by value, runs of letters by
 * byte order, and digits are newer than letters. `~` sorts before everything, `^` after the end but before anything
 * longer. All other characters only separate. Pure.
 * @returns a negative number, 0 or a positive number, for `sort`. 0 does not mean equal text: `1.0` and `1_00` are equal.
 */
export function compareVersions(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    i = skipSeparators(a, i);
    j = skipSeparators(b, j);
    const [left, right] = [a[i], b[j]];
    if (left === '~' || right === '~') {
      if (left !== right) return left === '~' ? -1 : 1;
      i++;
      j++;
      continue;
    }
    if (left === '^' || right === '^') {
      if (left === undefined) return -1;
      if (right === undefined) return 1;
      if (left !== right) return left === '^' ? -1 : 1;
      i++;
      j++;
      continue;
    }
    if (left === undefined || right === undefined) break;
    const numeric = isDigit(left);
    if (numeric !== isDigit(right)) return numeric ? 1 : -1;
    const x = segment(a, i, numeric);
    const y = segment(b, j, numeric);
    const order = numeric ? compareDigits(x, y) : compareText(x, y);
    if (order !== 0) return order;
    i += x.length;
    j += y.length;
  }
  if (i >= a.length && j >= b.length) return 0;
  return i < a.length ? 1 : -1;
}

/** Parses `[epoch:]version[-release]` as rpm does: the release begins after the last `-`. Pure. */
export function parseEvr(evr: string): Evr {
  const epoch = /^([0-9]*):/.exec(evr);
  const rest = epoch === null ? evr : evr.slice(epoch[0].length);
  const dash = rest.lastIndexOf('-');
  const parts =
    dash < 0 ? { version: rest } : { version: rest.slice(0, dash), release: rest.slice(dash + 1) };
  return { epoch: Number(epoch?.[1] ?? 0), ...parts };
}

/** Returns an {@link Evr} as text. An epoch of 0 is left out, as in messages. Pure. */
export function formatEvr(evr: Evr): string {
  const release = evr.release === undefined ? '' : `-${evr.release}`;
  return `${evr.epoch === 0 ? '' : `${evr.epoch}:`}${evr.version}${release}`;
}

/**
 * Compares two EVRs: epoch (absent is 0), version, then release. Releases are compared only if both sides have one, so
 * this is a total order only among EVRs with a release. Pure.
 */
export function compareEvr(a: string | Evr, b: string | Evr): number {
  const left = typeof a === 'string' ? parseEvr(a) : a;
  const right = typeof b === 'string' ? parseEvr(b) : b;
  if (left.epoch !== right.epoch) return left.epoch < right.epoch ? -1 : 1;
  const order = compareVersions(left.version, right.version);
  if (order !== 0 || left.release === undefined || right.release === undefined) return order;
  return compareVersions(left.release, right.release);
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (at < text.length && !/[0-9A-Za-z~^]/.test(text[at] as string)) at++;
  return at;
}

function segment(text: string, from: number, numeric: boolean): string {
  let end = from;
  const wanted = numeric ? /[0-9]/ : /[A-Za-z]/;
  while (end < text.length && wanted.test(text[end] as string)) end++;
  return text.slice(from, end);
}

function compareDigits(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length === y.length ? compareText(x, y) : x.length < y.length ? -1 : 1;
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
