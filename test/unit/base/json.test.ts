import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonProblem, parseUserJson } from '../../../src/shared/base/json.ts';

describe('jsonFault', () => {
  it.each([
    ['', 1, 1, 'expected a value, but the text ends'],
    ['{"a": 1,}', 1, 9, 'expected a name in double quotes, but found "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, "expected ',' or '}'"],
    ['[1, 2', 1, 6, "expected ',' or ']', but the text ends"],
    ["{'a': 1}", 1, 2, 'a name in double quotes'],
    ['{"a" 1}', 1, 6, "expected ':'"],
    ['{} x', 1, 4, 'expected nothing more'],
    ['[01]', 1, 2, 'expected a value'],
    ['{"a": tru}', 1, 7, 'expected a value'],
    ['["a\nb"]', 1, 2, 'expected a value'],
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
