import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobAnswer, pathsNotFound } from '../../../src/shared/specs/answer.ts';
import { guessVersions } from '../../../src/shared/specs/guess-versions.ts';
import { literalMacros } from '../../../src/shared/specs/literal-macros.ts';
import { pathsOfFilesSection } from '../../../src/shared/specs/text.ts';
import { unexpandedInScriptlet } from '../../../src/shared/specs/unexpanded.ts';

const answer = {
  index: 3,
  digest: 'd',
  ended: null,
  output: 'a\nb',
  answers: [{}],
  opened: [],
  programs: [],
  named: [],
};
const refusal = { index: 3, problems: [{ message: 'this spec is too large', hint: 'Make it smaller.' }] };
const line = (change: object) => JSON.stringify({ ...answer, ...change });

describe('a line of the parser', () => {
  it('is an answer when it has the shape, and is about the spec that comes next', () => {
    expect(jobAnswer(line({}), 3)).toEqual(answer);
    expect(jobAnswer(JSON.stringify(refusal), 3)).toEqual(refusal);
  });

  it('is refused when any field is of another kind, or it is about another spec', () => {
    for (const field of Object.keys(answer))
      for (const value of [undefined, {}, -1, 1.5, true])
        expect(() => jobAnswer(line({ [field]: value }), 3), `${field} ${value}`).toThrow('cannot be read');
    for (const index of [2, undefined]) expect(() => jobAnswer(line({}), index)).toThrow('cannot be read');
    const refuses = (text: string) => void expect(() => jobAnswer(text, 0)).toThrow('cannot be read');
    fc.assert(fc.property(fc.json(), refuses));
  });

  it('is refused when it is longer than any answer', () => {
    expect(() => jobAnswer(line({ output: 'x'.repeat(21 << 20) }), 3)).toThrow('cannot be read');
  });
});

it.each<[string, string[]]>([
  ['cat: ../x/y: No such file or directory', ['../x/y']],
  ["cat: '/a b': No such file or directory", []],
  ["cat: 'a/b': No such file or directory\nsh: line 1: ./c: No such file or directory", ['a/b', './c']],
  ['cat: x: No such file or directory', []],
])('the paths that were not found in %j', (output, paths) => expect(pathsNotFound(output)).toEqual(paths));

// A pattern that starts again at each character would take hours for these.
describe('texts of the worst kind are read in one pass', () => {
  const long = 1 << 20;
  const starts = Buffer.from('azl_'.repeat(long / 4));
  it.each<[string, () => unknown]>([
    ['a spec of blank lines', () => literalMacros('\n'.repeat(long))],
    ['a definition of one word', () => literalMacros(`%global a ${'x'.repeat(long)} y`)],
    ['a definition of blanks', () => literalMacros(`%global a ${' '.repeat(long)}`)],
    ['a spec of version macros', () => guessVersions([{ package: 'a', bytes: () => starts }], '')],
    ['output of slashes', () => pathsNotFound('/'.repeat(long))],
    ['output of one word', () => pathsNotFound('x'.repeat(long))],
    ['output of messages', () => pathsNotFound('/: No such file or directory'.repeat(long / 28))],
    ['a file list of open parentheses', () => pathsOfFilesSection('%attr('.repeat(long / 6))],
    ['a file list of quotes', () => pathsOfFilesSection('" '.repeat(long / 2))],
    ['a scriptlet of comments', () => unexpandedInScriptlet(`${' #'.repeat(long / 2)}\u2028`, '')],
    ['a scriptlet of open braces', () => unexpandedInScriptlet(`\${a%`.repeat(long / 4), '')],
    ['a scriptlet of macros', () => unexpandedInScriptlet('%{abc'.repeat(long / 5), '')],
    ['a scriptlet of documents', () => unexpandedInScriptlet("<<'a".repeat(long / 4), '')],
  ])('%s', (_what, read) => expect(read).not.toThrow());
});
