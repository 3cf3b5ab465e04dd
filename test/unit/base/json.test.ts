import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { jsonProblem, parseUserJson, placesIn } from '../../../src/shared/base/json.ts';

describe('jsonProblem', () => {
  it.each([
    ['', 1, 1, 'expected a value, but the text ends'],
    ['{"a": 1,}', 1, 9, 'expected a name in double quotes, but found "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, "expected ',' or a closing bracket, but found"],
    ['[1, 2', 1, 6, "expected ',' or ']', but the text ends"],
    ["{'a': 1}", 1, 2, 'a name in double quotes'],
    ['{"a" 1}', 1, 6, "expected ':'"],
    ['{} 2', 1, 4, 'expected nothing more, but found "2"'],
    ['[01]', 1, 3, "expected ','"],
    ['{"a": tru}', 1, 7, 'expected a value'],
    ['["a\nb"]', 1, 2, 'expected a text that ends in its line'],
    ['{"a": 1 // b\n}', 1, 9, 'expected no comment, but found "// b"'],
    ['{"a": "\\x"}', 1, 7, 'expected a number or a text'],
  ])('%j stops being JSON at %i:%i', (text, line, column, expected) => {
    const found = jsonProblem(text, 'f.json');
    expect([found.line, found.column]).toEqual([line, column]);
    expect(found.message).toContain(expected);
  });

  it('finds an error exactly where JSON.parse does', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '\\', 'x', '0', '\n'))
      .map(
        ([text, at, put]) =>
          text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(broken, (text) => {
        let fails = false;
        try {
          JSON.parse(text);
        } catch {
          fails = true;
        }
        if (fails) expect(() => parseUserJson(text, 'f')).toThrow('This is not JSON');
        else expect(parseUserJson(text, 'f')).toEqual(JSON.parse(text));
      }),
    );
  });
});

it.each([
  ['[', '', 501],
  ['{"[":\n', '', 1],
  ['[{},[],', ',]', 3495],
])('a text nested too deep in %j names the place of its depth', (open, close, column) => {
  const found = jsonProblem(open.repeat(1e5) + close, 'f');
  expect(found.message).toBe('This is not JSON: more than 500 brackets are open here');
  expect([found.line, found.column]).toEqual([open.includes('\n') ? 501 : 1, column]);
});

describe('placesIn', () => {
  const text = '{\n "Files": [\n  1,\n  {"a b": 2, "c\\"d": 3,\n   "e": 4}]}';
  it.each([
    ['$', 1, 1],
    ['$.Files', 2, 2],
    ['$.files[0]', 3, 3],
    ['$.Files[1]["a b"]', 4, 4],
    ['$.Files[1]["c\\"d"]', 4, 14],
    ['$.Files[1].e', 5, 4],
    // The nearest value above what is not there.
    ['$.Files[1].f', 4, 3],
    ['$.Files[7]', 2, 2],
    ['$.Files[1].e.f', 5, 4],
    ['$.Files["\\x"]', 2, 2],
  ])('finds %s at %i:%i', (path, line, column) => {
    expect(placesIn(text)(path)).toEqual({ line, column });
  });

  it('prefers the name as it is written', () => {
    expect(placesIn('{"A": 1,\n"a": 2}')('$.a')).toEqual({ line: 2, column: 1 });
  });

  it('takes the last of two equal names, whose value counts', () => {
    const text = '{"a": 1,\n"a": {"b": 1,\n"B": 2}}';
    expect(placesIn(text)('$.a')).toEqual({ line: 2, column: 1 });
    expect(placesIn(text)('$.A.B')).toEqual({ line: 3, column: 1 });
  });

  it('lists the names of an object once, however many are asked for', () => {
    const names = Array.from({ length: 3000 }, (_, at) => `name-${at}`);
    const find = placesIn(JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])), null, 1));
    const written = vi.spyOn(JSON, 'stringify');
    const split = vi.spyOn(String.prototype, 'split');
    const scanned = vi.spyOn(String.prototype, 'matchAll');
    try {
      expect(names.map((name) => find(`$["${name}"]`)?.line)).toEqual(names.map((_, at) => at + 2));
      expect(written.mock.calls.length).toBeLessThanOrEqual(names.length);
      expect(split).not.toHaveBeenCalled();
      // Each path, and the text once.
      expect(scanned.mock.calls.length).toBe(names.length + 1);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it.each(['', '['.repeat(1e6)])('finds nothing where nothing can be read', (nothing) => {
    expect(placesIn(nothing)('$.a')).toBeUndefined();
    expect(jsonProblem(nothing, 'f').message).toContain('This is not JSON');
  });
});
