import { placesIn, type Steps, valueAt, withoutValue, withValue } from './hostile-values.ts';

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
  const isFirst = (step: string | number) => !/^[1-9]\d*$/.test(String(step));
  return placesIn(document)
    .filter((steps) => steps.every(isFirst))
    .flatMap((steps) => mutationsAt(document, steps));
}

function mutationsAt(document: unknown, steps: Steps): Mutation[] {
  const value = valueAt(document, steps);
  const path = steps
    .map((step) => (step === '0' ? '[0]' : `.${step}`))
    .join('')
    .replace(/^\./, '');
  const put = (what: string, other: unknown) => ({ what, path, document: withValue(document, steps, other) });
  const found = [...ofAnyType, ...texts]
    .filter((other) => JSON.stringify(other) !== JSON.stringify(value))
    .map((other) => put(`${path} = ${JSON.stringify(other).slice(0, 40)}`, other));
  if (steps.length > 0 && steps.at(-1) !== '0')
    found.push({ what: `no ${path}`, path, document: withoutValue(document, steps) });
  if (Array.isArray(value) && value.length > 0)
    found.push(put(`${path}: an item twice`, [value[0], ...value]));
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    found.push(put(`${path}: one field more`, { ...value, unknown: 1 }));
  return found;
}
