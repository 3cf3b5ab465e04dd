import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { missingEntries, parseSignatures } from '../../../src/shared/sources/signatures.ts';

const digest = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';

function refusal(text: string): string[] {
  try {
    parseSignatures(text, 'a/a.signatures.json');
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}

describe('a signatures file', () => {
  it.each(['Signatures', 'signatures', 'SIGNATURES'])('is read with the key %s', (key) => {
    const text = JSON.stringify({ [key]: { 'x-1.tar.gz': digest.toUpperCase() } });
    expect([...parseSignatures(text, 'f')]).toEqual([['x-1.tar.gz', digest]]);
  });

  it.each<[string, string, RegExp]>([
    ['is no JSON', '{\n  "Signatures": {"x": "y",}\n}', /^a\/a\.signatures\.json:2:27: This is not JSON/],
    ['is a list', '[]', /no object 'Signatures'/],
    ['is null', 'null', /no object 'Signatures'/],
    ['has another key', '{"Signature": {}}', /no object 'Signatures'/],
    ['has a list of signatures', '{"Signatures": []}', /no object 'Signatures'/],
    ['has two of them', '{"Signatures": {}, "signatures": {}}', /'Signatures' twice/],
    ['has a short digest', '{"Signatures": {"x": "abc"}}', /\$\.Signatures\["x"\]: "abc" is no SHA-256/],
    ['has a SHA-1', `{"Signatures": {"x": "${digest.slice(0, 40)}"}}`, /is no SHA-256/],
    ['has a number', '{"Signatures": {"x": 1}}', /1 is no SHA-256/],
  ])('that %s is refused', (_name, text, expected) => {
    expect(refusal(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('tells all its wrong digests at once', () => {
    expect(refusal('{"Signatures": {"x": "1", "y": "2"}}')).toHaveLength(2);
  });

  it('answers for no name that it does not state', () => {
    const signatures = parseSignatures('{"Signatures": {}}', 'f');
    const sources = ['constructor', '__proto__', 'toString'].map((name, number) => ({
      ...{ name, number, kind: 'source' as const },
    }));
    expect(missingEntries('f', 'a', sources, signatures)).toHaveLength(3);
  });

  it('is read or refused with words, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseSignatures(text, 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemsError);
        }
      }),
    );
  });
});

describe('entries', () => {
  it('are asked of sources, not of patches', () => {
    const sources = [
      { name: 'a.tar.gz', kind: 'source' as const, number: 0 },
      { name: 'b.tar.gz', kind: 'source' as const, number: 3 },
      { name: 'c.patch', kind: 'patch' as const, number: 0 },
    ];
    const problems = missingEntries('f', 'p', sources, new Map([['a.tar.gz', digest]]));
    expect(problems.map(formatProblem)).toEqual([
      "f: Source3 'b.tar.gz' has no entry. Check the file, then run: make -C ../azl signatures PACKAGE=p",
    ]);
  });
});
