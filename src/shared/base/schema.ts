import { digestPattern, namePattern } from './untrusted.ts';

/**
 * The form of a JSON document, as JSON Schema. `T` is the type of what it accepts: TypeScript refuses a schema whose
 * fields are not those of its type, so the two cannot drift apart.
 */
export interface Schema<T> {
  readonly json: JsonSchema;
  /** Never called: makes a schema for one type no schema for another. */
  readonly of?: (value: T) => T;
}

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The schema of a field that may be absent. */
export interface Optional<T> {
  readonly optional: Schema<T>;
}

/** A schema for each field of a type, and for no other. */
type Fields<T> = {
  [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Schema<T[K]>;
};

/** Characters of a text where nothing else is said. */
const longestText = 65_536;

/** Items of a list, and fields of a map, where nothing else is said. */
const mostItems = 1_000_000;

/** A text of at most so many characters. @param pattern one that looks at each character once */
export function text(most = longestText, pattern?: RegExp): Schema<string> {
  return { json: { type: 'string', maxLength: most, ...(pattern && { pattern: pattern.source }) } };
}

/** A text that is not empty. */
export function word(most = 255): Schema<string> {
  return { json: { type: 'string', minLength: 1, maxLength: most } };
}

/** The name of a file, a package or an artifact: no path. See `isName`. */
export const plainName: Schema<string> = text(255, namePattern);

/** A SHA-256 in hex. */
export const digest: Schema<string> = text(64, digestPattern);

/** A whole number. */
export function integer(minimum = 0, maximum = Number.MAX_SAFE_INTEGER): Schema<number> {
  return { json: { type: 'integer', minimum, maximum } };
}

/** A finite number. */
export function number(minimum = 0, maximum = 1e11): Schema<number> {
  return { json: { type: 'number', minimum, maximum } };
}

/** Any value: what uses it checks it. */
export const anything: Schema<unknown> = { json: {} };

export const boolean: Schema<boolean> = { json: { type: 'boolean' } };

/** Exactly this value. */
export function constant<const T extends string | number | boolean>(value: T): Schema<T> {
  return { json: { const: value } };
}

/** One of these texts. */
export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
  return { json: { type: 'string', enum: values } };
}

/** A value or null. */
export function nullable<T>({ json }: Schema<T>): Schema<T | null> {
  const { enum: values } = json;
  const withNull = Array.isArray(values) ? { enum: [...values, null] } : {};
  return { json: { ...json, ...withNull, type: [json['type'], 'null'] } };
}

export function list<T>(items: Schema<T>, most = mostItems, least = 0): Schema<T[]> {
  return { json: { type: 'array', items: items.json, maxItems: most, minItems: least } };
}

/** An object with any names. A name that every object of JavaScript has a meaning for is refused. */
export function map<T>(
  values: Schema<T>,
  names: Schema<string> = word(4096),
  most = mostItems,
): Schema<Record<string, T>> {
  const propertyNames = { ...names.json, not: { const: '__proto__' } };
  return {
    json: { type: 'object', propertyNames, maxProperties: most, additionalProperties: values.json },
  };
}

/** An object with exactly these fields. */
export function object<T>(fields: Fields<T>): Schema<T> {
  const all = Object.entries(fields as Record<string, Schema<unknown> | Optional<unknown>>);
  const properties = Object.fromEntries(
    all.map(([name, one]) => [name, 'optional' in one ? one.optional.json : one.json]),
  );
  const required = all.flatMap(([name, one]) => ('optional' in one ? [] : [name]));
  return { json: { type: 'object', properties, required, additionalProperties: false } };
}

/** A field that may be absent. */
export function optional<T>(schema: Schema<T>): Optional<T> {
  return { optional: schema };
}

/** A value of one of two forms. */
export function either<A, B>(one: Schema<A>, other: Schema<B>): Schema<A | B> {
  return { json: { anyOf: [one.json, other.json] } };
}
