import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

/** A call of the REST service, as GitHub describes it. */
export interface RestCall {
  /** `repos/list-releases` … */
  operation: string;
  /** The parts of its path that have names. */
  path: Readonly<Record<string, string>>;
  /** Its query, with the values that are taken for what was not given. */
  query: Readonly<Record<string, unknown>>;
  /** Its JSON. */
  body: Readonly<Record<string, unknown>>;
  url: URL;
  bytes: Buffer;
}

/** What is not as GitHub describes it: a fault of who called, or of the stand-in itself. */
export class Violation extends Error {}

interface Content {
  content?: Record<string, { schema: object }>;
}

interface Operation {
  operationId: string;
  /** Given where another host than the API's takes the calls. */
  servers?: unknown[];
  parameters: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: Content;
  responses: Record<string, Content>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: Record<string, { enum: string[] }> }> };
}

/** GitHub's own description (scripts/cut-openapi.ts). Here it has no fields but those that it names. */
const description = JSON.parse(
  readFileSync(new URL('./openapi.json', import.meta.url), 'utf8'),
  (_, value) =>
    value?.type === 'object' && value.properties ? { additionalProperties: false, ...value } : value,
) as Description;
// What broken uploads leave, and the description forgets.
description.components.schemas['release-asset']?.properties['state']?.enum.push('starter');

const operations = Object.values(description.paths).flatMap((methods) => Object.values(methods));
/** One schema for all parameters of a query. */
const querySchemas = new Map(operations.map((one) => [one.operationId, querySchema(one)]));

function querySchema({ parameters }: Operation): object {
  const given = parameters.filter((one) => one.in === 'query');
  return {
    type: 'object',
    properties: Object.fromEntries(given.map(({ name, schema }) => [name, schema])),
    required: given.filter(({ required }) => required === true).map(({ name }) => name),
    additionalProperties: false,
  };
}

const formats = {
  uri: (text: string) => URL.canParse(text),
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
};
const options = { strict: false, allErrors: true, formats: { ...formats, int64: true as const } };
const json = new Ajv(options);
/** Everything in a query is a text. */
const text = new Ajv({ ...options, coerceTypes: true, useDefaults: true });
const validators = new Map<object, ValidateFunction>();

/** @throws Violation naming all that is wrong */
function check(value: unknown, schema: object, what: string, ajv = json): void {
  const validate = validators.get(schema) ?? ajv.compile({ ...schema, components: description.components });
  validators.set(schema, validate);
  if (!validate(value)) throw new Violation(`${what}: ${ajv.errorsText(validate.errors, { dataVar: 'it' })}`);
}

/**
 * What a request asks for.
 * @param url its path begins with `/uploads` where it went to the host for uploads
 * @throws Violation when GitHub describes no such request; SyntaxError for JSON that is none
 */
export function describedCall(method: string, url: URL, bytes: Buffer): RestCall {
  const { operation, path } = operationOf(method, url);
  const { operationId: id, requestBody } = operation;
  const query = Object.fromEntries(url.searchParams);
  check(query, querySchemas.get(id) as object, `the query of ${id}`, text);
  const schema = requestBody?.content?.['application/json']?.schema;
  const body = schema === undefined ? {} : JSON.parse(bytes.toString('utf8'));
  if (schema !== undefined) check(body, schema, `the body of ${id}`);
  return { operation: id, path, query, body, url, bytes };
}

/** @throws Violation when GitHub does not describe such an answer to the call */
export function checkAnswer(id: string, { status, body }: { status: number; body?: unknown }): void {
  const response = operations.find(({ operationId }) => operationId === id)?.responses[status];
  if (response === undefined && status < 400) throw new Violation(`${id} never answers ${status}`);
  const schema =
    response?.content?.['application/json']?.schema ??
    (status < 400 ? undefined : description.components.schemas['basic-error']);
  if (schema !== undefined) check(body, schema, `the answer ${status} of ${id}`);
  else if (body !== undefined) throw new Violation(`the answer ${status} of ${id} has a body`);
}

function operationOf(method: string, url: URL): { operation: Operation; path: Record<string, string> } {
  const uploads = url.pathname.startsWith('/uploads/');
  for (const [template, methods] of Object.entries(description.paths)) {
    const operation = methods[method.toLowerCase()];
    if (operation === undefined || (operation.servers !== undefined) !== uploads) continue;
    const pattern = template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const found = new RegExp(`^(?:/uploads)?${pattern}$`).exec(url.pathname);
    if (found !== null) return { operation, path: { ...found.groups } };
  }
  throw new Violation(`GitHub describes no ${method} ${url.pathname}`);
}
