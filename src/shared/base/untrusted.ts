/** True for a safe name of a package, a file or an artifact: it contains no `/` and is neither `.` nor `..`. Pure. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_+~^.-]+$/.test(value) && !/^\.\.?$/.test(value);
}

/** True for a SHA-256 in hex. Pure. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** Checks a field of untrusted data. @throws Error with the field and its value, unless `holds` */
export function check(holds: boolean, field: string, value: unknown): asserts holds {
  if (!holds) throw new Error(`its '${field}' is ${JSON.stringify(value)?.slice(0, 80)}`);
}
