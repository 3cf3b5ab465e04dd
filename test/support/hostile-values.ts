/** The steps from the root of a JSON value to one inside it. */
export type Steps = readonly (string | number)[];

/** Returns the places of all values inside a JSON value, itself included. */
export function placesIn(value: unknown, steps: Steps = []): Steps[] {
  if (typeof value !== 'object' || value === null) return [steps];
  return [steps, ...Object.entries(value).flatMap(([name, one]) => placesIn(one, [...steps, name]))];
}

/** Returns a copy of a JSON value with another one at a place. */
export function withValue(value: unknown, steps: Steps, other: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return other;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) };
  copy[step] = withValue(copy[step], rest, other);
  return copy;
}

/** Returns a copy without the value at a place. */
export function withoutValue(value: unknown, steps: Steps): unknown {
  const parent = steps.slice(0, -1);
  const copy = { ...(valueAt(value, parent) as Record<string, unknown>) };
  delete copy[steps.at(-1) as string];
  return withValue(value, parent, copy);
}

export function valueAt(value: unknown, steps: Steps): unknown {
  return steps.reduce((found, step) => (found as Record<string, unknown>)[step], value);
}

/** A hostile value in place of another one. */
export interface HostileValue {
  name: string;
  /** Its JSON: not all of them can be written by JSON.stringify. */
  text: string;
}

const prototype = '{"__proto__":{"schema":"azl/result"}}';
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Values of another type or size than any field has. */
const wrong: readonly HostileValue[] = [
  { name: 'null of another kind', text: '{"null":null}' },
  { name: 'truth', text: 'true' },
  { name: 'a negative number', text: '-1' },
  { name: 'a huge number', text: '1e300' },
  { name: 'a number beyond all bounds', text: '1e999' },
  { name: 'a text of 10 MB', text: `"${'a'.repeat(1e7)}"` },
  { name: 'a list of a million', text: `[${'0,'.repeat(999_999)}0]` },
  { name: 'deep nesting', text: deep(100_000) },
  { name: 'a prototype', text: prototype },
];

/** Texts that no name, digest or number may be. */
const wrongTexts: readonly HostileValue[] = [
  { name: 'NaN as a text', text: '"NaN/"' },
  { name: 'a path with ..', text: '"../../../etc/passwd"' },
  { name: 'NUL', text: '"a\\u0000b"' },
  { name: 'no text', text: '""' },
];

/** Returns the hostile values for a place. @param isText true if any short text may stand there */
export function hostileValues(isText: boolean): readonly HostileValue[] {
  return isText ? wrong : [...wrong, ...wrongTexts];
}

const mark = '"\u{1F573} a hole"';

/** Returns the text of a JSON value in which another text stands at a place. */
export function textWith(value: unknown, steps: Steps, text: string): string {
  const [before, after] = JSON.stringify(withValue(value, steps, JSON.parse(mark))).split(mark);
  return `${before}${text}${after}`;
}

/** Returns the text of a JSON value with a further field in the object at a place. */
export function textWithField(value: unknown, steps: Steps, name: string): string {
  return JSON.stringify(withValue(value, [...steps, 'a-mark'], 1)).replace('"a-mark"', JSON.stringify(name));
}
