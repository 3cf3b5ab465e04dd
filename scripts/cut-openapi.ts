import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '../src/shared/host/process.ts';
import { repository } from './build-dist.ts';

/** The operations that the simulated REST service of GitHub supports (test/services). */
const operations = [
  'repos/list-releases',
  'repos/create-release',
  'repos/get-release',
  'repos/update-release',
  'repos/list-release-assets',
  'repos/upload-release-asset',
  'repos/delete-release-asset',
  'actions/get-actions-cache-list',
];

type Json = Record<string, unknown>;

/** Fields of the description that do not affect validation. */
const prose = /^(description|summary|title|examples?|tags|externalDocs|headers|x-.*)$/;

/**
 * Cuts a description of a REST service (OpenAPI 3.0) down to some operations and the schemas that they use, without
 * texts for people. References to anything but schemas are resolved. Pure.
 * @throws Error for an operation that does not exist
 */
export function cutDescription(whole: Json, wanted: readonly string[]): Json {
  const schemas: Json = {};
  const found = (reference: string): unknown =>
    reference
      .slice('#/'.length)
      .split('/')
      .reduce((at, part) => at[part] as Json, whole);

  /** `named`: true if the keys of this object are names of properties, not of OpenAPI. */
  const cut = (value: unknown, named = false): unknown => {
    if (Array.isArray(value)) return value.map((one) => cut(one));
    if (typeof value !== 'object' || value === null) return value;
    const reference = (value as Json)['$ref'];
    if (typeof reference === 'string') {
      const [, schema] = /^#\/components\/schemas\/(.+)$/.exec(reference) ?? [];
      if (schema === undefined) return cut(found(reference));
      if (!(schema in schemas)) {
        schemas[schema] = {}; // It may refer to itself.
        schemas[schema] = cut(found(reference));
      }
      return { $ref: reference };
    }
    const kept = Object.entries(value).filter(([name]) => named || !prose.test(name));
    return Object.fromEntries(kept.map(([name, one]) => [name, cut(one, name === 'properties' && !named)]));
  };

  const paths: Record<string, Json> = {};
  const missing = new Set(wanted);
  for (const [path, methods] of Object.entries(whole['paths'] as Record<string, Json>))
    for (const [method, operation] of Object.entries(methods)) {
      const id = (operation as Json)['operationId'] as string;
      if (!missing.delete(id)) continue;
      paths[path] = { ...paths[path], [method]: cut(operation) };
    }
  if (missing.size > 0) throw new Error(`the description has no operation ${[...missing].join(', ')}`);
  const { version, license } = whole['info'] as Json;
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { openapi: whole['openapi'], info: { version, license }, paths, components: { schemas: sorted } };
}

/** `node scripts/cut-openapi.ts <api.github.com.json>`: the file is one of the npm package `@octokit/openapi`. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const whole = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as Json;
  const path = join(repository, 'test/services/openapi.json');
  writeFileSync(path, JSON.stringify(cutDescription(whole, operations), null, 2));
  const biome = join(repository, 'node_modules/.bin/biome');
  await runTool([process.execPath, biome, 'format', '--write', path]);
}
