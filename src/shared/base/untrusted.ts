/** A name that leads nowhere: of a package, a file, an artifact. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_+~^.-]+$/.test(value) && !/^\.\.?$/.test(value);
}

/** SHA-256 in hex. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** @throws Error that names the field and shows its value, unless `holds` */
export function check(holds: boolean, field: string, value: unknown): asserts holds {
  if (!holds) throw new Error(`its '${field}' is ${JSON.stringify(value)?.slice(0, 80)}`);
}
