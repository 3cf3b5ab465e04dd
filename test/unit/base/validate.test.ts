import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import * as form from '../../../src/shared/base/schema.ts';
import { findProblem, InvalidDocumentError, parseDocument } from '../../../src/shared/base/validate.ts';

interface Made {
  schema: 'azl/made';
  name: string;
  size: number;
  seconds: number | null;
  kind?: 'raw' | 'qcow2';
  digests: Record<string, string>;
  parts: { file: string; ok: boolean }[];
}

const made = form.object<Made>({
  schema: form.constant('azl/made'),
  name: form.plainName,
  size: form.integer(),
  seconds: form.nullable(form.number(0, 1000)),
  kind: form.optional(form.oneOf('raw', 'qcow2')),
  digests: form.map(form.digest, form.word(8), 3),
  parts: form.list(form.object<Made['parts'][number]>({ file: form.text(9), ok: form.boolean }), 2),
});

const valid: Made = {
  ...{ schema: 'azl/made', name: 'a+b~1', size: 3, seconds: null, kind: 'raw' },
  ...{ digests: { a: 'ab'.repeat(32) }, parts: [{ file: 'x', ok: true }] },
};

describe('a schema', () => {
  it('is tied to its type by the compiler', () => {
    // @ts-expect-error a field is missing
    form.object<{ a: string; b?: number }>({ a: form.text() });
    // @ts-expect-error a field is of another type
    form.object<{ a: string }>({ a: form.integer() });
    // @ts-expect-error there is no such field
    form.object<{ a: string }>({ a: form.text(), b: form.text() });
    // @ts-expect-error a field that may be absent is required
    form.object<{ a?: string }>({ a: form.text() });
    // @ts-expect-error a value of the type is refused
    form.object<{ a: 'x' | 'y' }>({ a: form.oneOf('x') });
    expect(findProblem(made, valid)).toBe(undefined);
  });

  it('takes null for a choice that may be null, and no other value', () => {
    const kind = form.nullable(form.oneOf('raw', 'qcow2'));
    expect([findProblem(kind, null), findProblem(kind, 'raw')]).toEqual([undefined, undefined]);
    expect(findProblem(kind, 'vhd')?.message).toContain('"vhd"');
  });

  it.each([
    ['null', null, '$: This is null, but expected object'],
    ['another schema', { ...valid, schema: 'azl/x' }, '$.schema: This is "azl/x", but expected "azl/made"'],
    ['a path', { ...valid, name: '../x' }, '$.name: This is "../x", but expected a text like'],
    ['a folder', { ...valid, name: '..' }, '$.name: This is "..", but expected a text like'],
    ['NUL', { ...valid, name: 'a\0' }, '$.name: This is "a\\u0000", but expected a text like'],
    ['a negative size', { ...valid, size: -1 }, '$.size: This is -1, but expected a number >= 0'],
    ['a fraction', { ...valid, size: 1.5 }, '$.size: This is 1.5, but expected integer'],
    [
      'infinity',
      { ...valid, size: Number.POSITIVE_INFINITY },
      '$.size: This is Infinity, but expected integer',
    ],
    [
      'a text for a number',
      { ...valid, seconds: 'NaN' },
      '$.seconds: This is "NaN", but expected number or null',
    ],
    ['another kind', { ...valid, kind: 'vhd' }, '$.kind: This is "vhd", but expected one of raw, qcow2'],
    [
      'a short digest',
      { ...valid, digests: { a: 'ab' } },
      '$.digests.a: This is "ab", but expected a text like',
    ],
    [
      'a long name',
      { ...valid, digests: { [`a`.repeat(9)]: '' } },
      `$.digests: This is an object with 'aaaaaaaaa'`,
    ],
    ['a list', { ...valid, parts: [[]] }, '$.parts[0]: This is a list of 0, but expected object'],
    [
      'a long list',
      { ...valid, parts: [1, 2, 3] },
      '$.parts: This is a list of 3, but at most 2 are allowed',
    ],
    [
      'a further field',
      { ...valid, more: 1 },
      `$: This is an object with 'more', but there is no such field`,
    ],
    ['a long text', { ...valid, name: 'a'.repeat(1e7) }, '$.name: This is "aaaaaaaa'],
  ])('refuses %s', (_what, value, message) => {
    const found = findProblem(made, value);
    expect(found).toBeDefined();
    const text = found === undefined ? '' : formatProblem(found);
    expect(text).toContain(message.slice(0, 50));
    expect(text.length).toBeLessThan(400);
  });

  it.each(Object.keys(valid).filter((name) => name !== 'kind'))('demands the field %s', (name) => {
    const { [name as keyof Made]: _gone, ...rest } = valid;
    expect(findProblem(made, rest)?.message).toContain(`an object without '${name}'`);
  });

  it('refuses names with which a prototype could be replaced', () => {
    for (const text of [
      JSON.stringify(valid).replace('"kind"', '"__proto__"'),
      JSON.stringify(valid).replace('"a":', '"__proto__":'),
    ])
      expect(() => parseDocument(made, text, 'made.json')).toThrow(/__proto__/);
  });
});

describe('a document', () => {
  it('is returned as its type', () => {
    expect(parseDocument(made, JSON.stringify(valid), 'made.json')).toEqual(valid);
  });

  it.each([
    ['no JSON', '{"schema": ', /^made\.json:1:12: This is not JSON/],
    ['a number beyond all bounds', JSON.stringify(valid).replace('3', '1e999'), /made\.json \$\.size/],
    ['deep nesting', '['.repeat(1e6), /made\.json/],
    ['deep nesting that ends', `${'['.repeat(1e6)}${']'.repeat(1e6)}`, /made\.json \$: This is a list of 1/],
  ])('that holds %s is refused with its place', (_what, text, message) => {
    expect(() => parseDocument(made, text, 'made.json')).toThrow(message);
    expect(() => parseDocument(made, text, 'made.json')).toThrow(InvalidDocumentError);
  });
});
