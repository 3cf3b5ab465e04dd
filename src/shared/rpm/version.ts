import { order } from '../base/order.ts';
import type { Rpm } from '../model/rpm.ts';

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
 * @returns -1, 0 or 1. 0 does not mean equal text: `1.0` and `1_00` are equal.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [segments(a), segments(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at] ?? '', right[at] ?? ''];
    const difference = rank(x) - rank(y) || (isNumber(x) ? compareNumbers(x, y) : order(x, y));
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

/** Parses `[epoch:]version[-release]` as rpm does: the release begins after the last `-`. Pure. */
export function parseEvr(evr: string): Evr {
  const [, epoch = '', version = '', release] = /^(?:([0-9]*):)?(.*?)(?:-([^-]*))?$/s.exec(evr) ?? [];
  return { epoch: Number(epoch), version, release };
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
  const difference = compareVersions(left.version, right.version);
  if (difference !== 0 || left.release === undefined || right.release === undefined) return difference;
  return compareVersions(left.release, right.release);
}

/** Returns the identity of an RPM as rpm's database lists it: `name-epoch:version-release.arch`. Pure. */
export function nevra(
  rpm: Pick<Rpm, 'name' | 'epoch' | 'version' | 'release' | 'arch'>,
  release = rpm.release,
): string {
  return `${rpm.name}-${rpm.epoch}:${rpm.version}-${release}.${rpm.arch}`;
}

/**
 * Returns the base name of an RPM's file: `name-version-release.arch.rpm`. Two RPMs of one base name differ only in epoch and
 * content: no part but the name has a `-`, and the architecture has no `.`. Pure.
 */
export function rpmFile(rpm: Pick<Rpm, 'name' | 'version' | 'release' | 'arch'>): string {
  return `${rpm.name}-${rpm.version}-${rpm.release}.${rpm.arch}.rpm`;
}

function segments(text: string): string[] {
  return text.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? [];
}

/** Returns the place of a segment among those of other kinds. An empty text is the end of a version. */
function rank(segment: string): number {
  const place = ['~', '', '^'].indexOf(segment);
  if (place >= 0) return place;
  return isNumber(segment) ? 4 : 3;
}

function isNumber(segment: string): boolean {
  return /^[0-9]/.test(segment);
}

function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || order(x, y);
}
