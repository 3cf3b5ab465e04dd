/** Matches a safe name of a package, a file or an artifact: it contains no `/` and is neither `.` nor `..`. */
export const namePattern = /^(?!\.\.?$)[A-Za-z0-9_+~^.-]+$/;

/** Matches the safe name of an RPM file. */
export const rpmFilePattern = /^[A-Za-z0-9_+~^.-]+\.rpm$/;

/** Matches a SHA-256 in hex. */
export const digestPattern = /^[0-9a-f]{64}$/;

/** True for a safe name: see {@link namePattern}. Pure. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && namePattern.test(value);
}

/** True for a SHA-256 in hex. Pure. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && digestPattern.test(value);
}
