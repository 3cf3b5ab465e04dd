import { expect, it } from 'vitest';
import { problemsOfGenerated } from '../../../src/shared/builder/generate-requires.ts';

it('takes what rpm takes as requirements', () => {
  const named = ['python3dist(wheel) >= 0.40', '(tox if python3)', '/usr/bin/cmake', 'pkgconfig(x) = 1:2~3'];
  expect(problemsOfGenerated(named)).toEqual([]);
});

it.each([
  ['a line break', 'two\nlines', /names "two\\nlines", which is no requirement/],
  ['nothing', '', /which is no requirement/],
  ['a letter that is not ASCII', 'größe', /which is no requirement/],
  ['a text without end', 'x'.repeat(5000), /which is no requirement/],
  ['a macro that nobody defines', 'lib%{no_such}-devel', /has the macro %no_such, which nobody defined/],
])('refuses %s', (_what, named, message) => {
  expect(problemsOfGenerated(['fine', named]).map((one) => one.message)).toEqual([
    expect.stringMatching(message),
  ]);
});

it('refuses more than anybody needs, and shows a few of many errors', () => {
  expect(problemsOfGenerated(Array(10_001).fill('x'))).toHaveLength(1);
  expect(problemsOfGenerated(Array(1000).fill(''))).toHaveLength(20);
});
