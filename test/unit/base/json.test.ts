import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

  it.each(['', '['.repeat(1e6)])('finds nothing where nothing can be read', (nothing) => {
    expect(placesIn(nothing)('$.a')).toBeUndefined();
    expect(jsonProblem(nothing, 'f').message).toContain('This is not JSON');
  });
});
