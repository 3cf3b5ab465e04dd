import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../src/shared/base/schema.ts';
import { type ImageJson, imageSchema } from '../../../src/shared/image/manifest/image-json.ts';
import { planSchema } from '../../../src/shared/planner/plan-json.ts';

const validator = (name: string) =>
  new Ajv2020({ strictTypes: false }).compile(
    JSON.parse(readFileSync(new URL(`../../../docs/schema/${name}.schema.json`, import.meta.url), 'utf8')),
  );
const key = 'ab'.repeat(32);

describe('build.schema.json', () => {
  const validate = validator('build');
  const built = {
    name: 'bash',
    state: 'built',
    reason: 'the spec changed',
    key,
    seconds: 12.5,
    rpms: [{ path: 'RPMS/x86_64/bash-5.2-1.x86_64.rpm', sha256: key }],
  };
  const one = { shard: 1, artifact: 'azl-result-1-1-1' };
  const file = (...packages: unknown[]) => ({ schema: 'azl/build', version: 2, packages });

  it.each([
    ['nothing', file()],
    ['a built package', file(built)],
    ['every state', file(...['reused', 'failed', 'blocked', 'left'].map((state) => ({ ...built, state })))],
    ['a failure and its log', file({ ...built, state: 'failed', rpms: [], logArtifact: 'azl-logs-1-2' })],
    [
      'a package that is not reproducible',
      file({
        ...built,
        nonReproducible: { rpms: ['bash'], counts: one, others: [{ ...one, artifact: null }] },
      }),
    ],
    ['a package that was built again', file({ ...built, builtAgain: true })],
    [
      'a package that was never reached',
      file({ ...built, state: 'left', key: null, seconds: null, rpms: [] }),
    ],
    [
      'a state and a field of later versions',
      { ...file({ ...built, state: 'postponed', until: 1 }), more: true },
    ],
  ])('accepts %s', (_what, json) => {
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['another schema', { ...file(), schema: 'azl/plan' }],
    ['another version', { ...file(), version: 1 }],
    ['packages by name', { ...file(), packages: { bash: built } }],
    ...Object.keys(built).map((name): [string, unknown] => [
      `a package without ${name}`,
      file(Object.fromEntries(Object.entries(built).filter(([field]) => field !== name))),
    ]),
    ['a log without a name', file({ ...built, logArtifact: '' })],
    ['builds of which none counts', file({ ...built, nonReproducible: { rpms: ['bash'], others: [one] } })],
    ['a short key', file({ ...built, key: 'ab' })],
    ['an absolute path', file({ ...built, rpms: [{ path: '/x.rpm', sha256: key }] })],
    ['a path that leaves the folder', file({ ...built, rpms: [{ path: 'a/../../x.rpm', sha256: key }] })],
    ['no digest', file({ ...built, rpms: [{ path: 'x.rpm' }] })],
  ])('refuses %s', (_what, json) => {
    expect(validate(json)).toBe(false);
  });
});

describe('plan.schema.json', () => {
  const validate = validator('plan');
  const file = (...packages: unknown[]) => ({ schema: 'azl/plan', version: 1, packages });
  const build = { name: 'bash', state: 'build', reason: 'new', key };
  const maybe = { name: 'bash', state: 'maybe', reason: 'm4 decides', key: null, waitsFor: ['m4'] };

  it.each([
    ['nothing', file()],
    ['build, reuse, maybe', file(build, { ...build, state: 'reuse', waitsFor: [] }, maybe)],
    ['maybe that no other package decides', file({ ...maybe, waitsFor: [] })],
    ['what no spec declares', file({ ...build, revealed: true })],
    ['a state of later versions', file({ ...maybe, state: 'remote' })],
  ])('accepts %s', (_what, json) => {
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['maybe without waitsFor', file({ ...build, state: 'maybe' })],
    ['a package without a reason', file({ name: 'bash', state: 'build', key })],
    ['a name twice in waitsFor', file({ ...maybe, waitsFor: ['m4', 'm4'] })],
  ])('refuses %s', (_what, json) => {
    expect(validate(json)).toBe(false);
  });
});

describe('image.schema.json', () => {
  const validate = validator('image');
  const image: ImageJson = {
    ...{ schema: 'azl/image', version: 1, name: 'minimal-1.0', system: 'minimal', key },
    components: { recipe: '2', 'tool:mke2fs': '1.47.0' },
    files: [{ file: 'minimal-1.0.raw', type: 'raw', size: 1024, sha256: key }],
    packages: [{ file: 'bash-5.2-1.x86_64.rpm', origin: 'local', license: 'MIT', sha256: key }],
    boot: { rootOffset: 9_437_184, bootOffset: 9_437_184, kernel: '/boot/vmlinuz-6.1' },
  };
  const file = image.files[0];

  it.each([
    ['an image', image],
    ['an image without packages', { ...image, packages: [] }],
    ['types and fields of later versions', { ...image, files: [file, { ...file, type: 'vhdx' }], more: 1 }],
  ])('accepts %s', (_what, json) => {
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ...Object.keys(image).map((name): [string, unknown] => [
      `an image without ${name}`,
      Object.fromEntries(Object.entries(image).filter(([field]) => field !== name)),
    ]),
    ['another version', { ...image, version: 2 }],
    ['an image without a raw file', { ...image, files: [{ ...file, type: 'qcow2' }] }],
    ['a file elsewhere', { ...image, files: [{ ...file, file: '../x.raw' }] }],
    ['a file without a digest', { ...image, files: [{ ...file, sha256: '' }] }],
    ['a package without an origin', { ...image, packages: [{ file: 'a.rpm', license: 'MIT', sha256: key }] }],
    [
      'a package without a licence',
      { ...image, packages: [{ file: 'a.rpm', origin: 'local', sha256: key }] },
    ],
    ['a kernel without a place', { ...image, boot: { ...image.boot, kernel: 'vmlinuz' } }],
  ])('refuses %s', (_what, json) => {
    expect(validate(json)).toBe(false);
  });
});

/** Lists the fields that a schema names, such as `packages[].key`. */
function fieldsOf(schema: JsonSchema, at = ''): string[] {
  const items = schema['items'] as JsonSchema | undefined;
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  return [
    ...(items === undefined || Array.isArray(items) ? [] : fieldsOf(items, `${at}[]`)),
    ...properties.flatMap(([name, inner]) => [`${at}.${name}`, ...fieldsOf(inner, `${at}.${name}`)]),
  ].sort();
}

/** They ask less of a document than azl does: other versions may add fields and words, or leave some out. */
describe.each([
  ['plan', planSchema.json],
  ['image', imageSchema.json],
])('%s.schema.json', (name, ours) => {
  it('describes the fields that azl itself checks', () => {
    const url = new URL(`../../../docs/schema/${name}.schema.json`, import.meta.url);
    expect(fieldsOf(JSON.parse(readFileSync(url, 'utf8')))).toEqual(fieldsOf(ours));
  });
});
