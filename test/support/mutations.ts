/** A document in which one place is not what it was. */
export interface Mutation {
  /** `packages[0].name = null` */
  what: string;
  /** The changed place: `packages[0].name`. */
  path: string;
  document: unknown;
}

const ofAnyType = [null, true, -1, 0.5, 1e300, [], {}, ''];
const texts = ['..', '../../x', '/etc/passwd', 'a b', 'x\n%pre', '%(x)', '-x', '\u0000', 'x'.repeat(100_000)];

/**
 * Returns every document that differs from `document` in one place: a value of another type or size, a text that is a path,
 * a line or an option, a field less, a field more. Of a list, the first item is changed.
 */
export function mutations(document: unknown): Mutation[] {
  return changed(document, '').map(({ what, path, value }) => ({ what, path, document: value }));
}

interface Change {
  what: string;
  path: string;
  value: unknown;
}

function changed(value: unknown, path: string): Change[] {
  const replaced = [...ofAnyType, ...texts]
    .filter((other) => JSON.stringify(other) !== JSON.stringify(value))
    .map((other) => ({ what: `${path} = ${JSON.stringify(other).slice(0, 40)}`, path, value: other }));
  if (typeof value !== 'object' || value === null) return replaced;
  if (Array.isArray(value)) {
    const [first, ...rest] = value;
    const twice = { what: `${path}: an item twice`, path, value: [first, ...value] };
    const inside = changed(first, `${path}[0]`).map((one) => ({ ...one, value: [one.value, ...rest] }));
    return first === undefined ? replaced : [...replaced, twice, ...inside];
  }
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const { [name]: _removed, ...others } = value as Record<string, unknown>;
    const inside = changed(field, at).map((one) => ({ ...one, value: { ...value, [name]: one.value } }));
    return [{ what: `no ${at}`, path: at, value: others }, ...inside];
  });
  const more = { what: `${path}: one field more`, path, value: { ...value, unknown: 1 } };
  return [...replaced, more, ...fields];
}
