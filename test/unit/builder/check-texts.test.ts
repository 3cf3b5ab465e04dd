import { describe, expect, it } from 'vitest';
import { problemsOfTexts } from '../../../src/shared/builder/check-texts.ts';
import { type HeaderText, headerTexts } from '../../../src/shared/rpm/header-texts.ts';
import { madeHeader } from '../../support/made-header.ts';

const spec = 'Summary: x\n\n%changelog\n- a\u0007b\n';

describe('a text of a header', () => {
  it.each<[HeaderText['kind'], string, boolean]>([
    ['people', 'two\nlines, a\ttab, CR\r\n', true],
    ['people', 'é 漢 \u0085\u008d', true],
    ['people', 'esc \u001b', false],
    ['people', 'bell \u0007', false],
    ['people', 'del \u007f', false],
    ['people', 'no character \ufffe', false],
    ['name', 'libé.so.1()(64bit)', true],
    ['name', 'a\tb', false],
    ['name', 'a\nb', false],
    ['name', 'a\rb', false],
    ['name', 'a\u0085b', false],
    ['scriptlet', 'printf "\u001b[31m"\n', true],
  ])('of the kind %s: %j is sound: %s', (kind, text, isSound) => {
    const problems = problemsOfTexts('a.rpm', [{ name: 'x', kind, text, program: '' }], '');
    expect(problems.length === 0).toBe(isSound);
  });

  it('is shown with its tag, the character, what is around it and the line of the spec', () => {
    const text: HeaderText = {
      name: '%changelog',
      kind: 'people',
      text: `${'y'.repeat(40)}\n- a\u0007b`,
      program: '',
    };
    expect(problemsOfTexts('app.rpm', [text], spec)).toEqual([
      {
        line: 4,
        message: `%changelog of app.rpm has the control character U+0007 in "${'y'.repeat(16)}\\n- a\\u0007b"`,
        hint: 'Remove it: a repository cannot list such a package.',
      },
    ]);
  });
});

it('texts of a header are found by tag, each scriptlet with its program', () => {
  const main = madeHeader([
    [1004, 9, ['short']],
    [1023, 6, ['exit 0']],
    [1047, 8, ['app', 'cap']],
    [1065, 8, ['one', 'two']],
    [1085, 8, ['/bin/bash', '-e']],
    [1082, 8, ['- first', '- second']],
    [1092, 8, ['<lua>', '/bin/sh']],
    [1113, 8, ['1-1', '']],
    [1117, 8, ['x']],
    [1118, 8, ['/opt/']],
  ]);
  const shown = [...headerTexts(main)]
    .flat()
    .map(({ name, kind, text, program }) => `${kind} ${name}: ${text} ${program}`.trim());
  expect(shown).toEqual([
    'people Summary: short',
    'people %changelog: - first',
    'people %changelog: - second',
    'name a path of %files: x',
    'name a path of %files: /opt/',
    'name Provides: app',
    'name Provides: cap',
    'name Provides: 1-1',
    'name Provides:',
    'scriptlet %pre: exit 0 /bin/bash',
    'scriptlet a trigger: one <lua>',
    'scriptlet a trigger: two /bin/sh',
  ]);
});
