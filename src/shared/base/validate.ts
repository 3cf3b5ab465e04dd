import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { jsonProblem } from './json.ts';
import { type Problem, ProblemsError } from './problems.ts';
import type { JsonSchema, Schema } from './schema.ts';

/** A document that another job, run or machine wrote is not what it should be. */
export class InvalidDocumentError extends ProblemsError {}

/** Ends at the first error: a hostile document may have a million of them. */
const ajv = new Ajv({
  ...{ allErrors: false, meta: false, validateSchema: false, addUsedSchema: false },
  // A length in code units: Ajv would count the characters of every text one by one.
  ...{ unicodeRegExp: false, unicode: false, strict: false, strictNumbers: true, verbose: true },
  // It would warn of that.
  logger: false,
});

const hint = 'Another version of azl wrote it, or it is damaged.';

/** The compiled schemas: compiling takes some milliseconds. */
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Parses the text of a document that another process wrote, and checks every field of it.
 * @param place the file, for the message
 * @throws InvalidDocumentError with the place and value of the first error
 */
export function parseDocument<T>(schema: Schema<T>, text: string, place: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidDocumentError([notJson(text, place)]);
  }
  return checkDocument(schema, value, place);
}

/** Characters of a text of which the first error is worth a search. */
const mostSearched = 1_000_000;

function notJson(text: string, file: string): Problem {
  return text.length > mostSearched ? { message: 'This is not JSON', file } : jsonProblem(text, file);
}

/** Checks every field of a parsed document. @throws InvalidDocumentError with the place and value of the first error */
export function checkDocument<T>(schema: Schema<T>, value: unknown, place: string): T {
  const found = findProblem(schema, value);
  if (found !== undefined) throw new InvalidDocumentError([{ ...found, file: place }]);
  return value as T;
}

/** Checks a relation between fields, which no schema can say. @throws InvalidDocumentError unless it `holds` */
export function ensure(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new InvalidDocumentError([{ message, path, hint }]);
}

/** Returns the first error of a value; undefined if the schema accepts it. */
export function findProblem<T>(schema: Schema<T>, value: unknown): Problem | undefined {
  const validate = compiled.get(schema.json) ?? ajv.compile(schema.json);
  compiled.set(schema.json, validate);
  if (validate(value)) return undefined;
  const [error] = validate.errors as [ErrorObject];
  const name = nameIn(error);
  return {
    message: `This is ${shown(error, name)}, but ${expected(error)}`,
    path: jsonPath(error.instancePath),
    hint,
  };
}

/** The name of the field that an error is about, if that is no value at its path. */
function nameIn({ keyword, params, propertyName }: ErrorObject): string | undefined {
  if (keyword === 'required') return params['missingProperty'];
  if (keyword === 'additionalProperties') return params['additionalProperty'];
  return propertyName;
}

function shown({ data, keyword }: ErrorObject, name: string | undefined): string {
  if (keyword === 'required') return `an object without '${name}'`;
  if (name !== undefined) return `an object with '${cut(name)}'`;
  if (Array.isArray(data)) return `a list of ${data.length}`;
  if (typeof data === 'object' && data !== null) return 'an object';
  return cut(typeof data === 'string' ? JSON.stringify(data.slice(0, 80)) : String(data));
}

function cut(value: string): string {
  return value.length <= 60 ? value : `${value.slice(0, 60)}…`;
}

/** Returns what a schema asks for, in words. */
function expected({ keyword, params, schema }: ErrorObject): string {
  switch (keyword) {
    case 'type':
      return `expected ${[schema].flat().join(' or ')}`;
    case 'const':
      return `expected ${JSON.stringify(schema)}`;
    case 'enum':
      return `expected one of ${(schema as unknown[]).join(', ')}`;
    case 'required':
      return 'that field is needed';
    case 'additionalProperties':
      return 'there is no such field';
    case 'pattern':
      return `expected a text like ${schema}`;
    case 'minimum':
    case 'maximum':
      return `expected a number ${params['comparison']} ${params['limit']}`;
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `at most ${params['limit']} are allowed`;
    case 'minLength':
    case 'minItems':
      return `at least ${params['limit']} are needed`;
    default:
      return 'nothing of that form is allowed here';
  }
}

/** Writes a JSON pointer (`/rpms/0/file`) as a JSON path (`$.rpms[0].file`). */
function jsonPath(pointer: string): string {
  const parts = pointer.split('/').slice(1, 12);
  return `$${parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${cut(part)}`)).join('')}`;
}
