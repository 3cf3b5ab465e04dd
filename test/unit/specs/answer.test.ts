import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/shared/base/problems.ts';
import { isSpecAnswer, problemsOfOutput, type SpecAnswer } from '../../../src/shared/specs/answer.ts';
import { problemsOfAnswer } from '../../../src/shared/specs/check.ts';

const evr = { epoch: 0, version: '1', release: '1' };
const good: SpecAnswer = {
  ...{
    name: 'a',
    ...evr,
    noSource: false,
    exclusiveArch: [],
    excludeArch: [],
    buildRequires: [],
    buildConflicts: [],
  },
  sources: [['https://example.org/a.tar.gz', 'a.tar.gz', 0, 1]],
  packages: [
    {
      ...{
        name: 'a',
        ...evr,
        arch: 'x86_64',
        provides: ['a = 1-1'],
        requires: [],
        conflicts: [],
        obsoletes: [],
      },
      ...{ fileList: '/a\n', built: true },
    },
  ],
  ...{ hasCheck: false, generates: false },
};

describe('the answer of a parser that a spec may have taken over', () => {
  it('is taken when it has the shape', () => {
    expect(isSpecAnswer(good)).toBe(true);
    expect(problemsOfAnswer('a.spec', good)).toEqual([]);
  });

  it('is refused when a field is missing or of another type', () => {
    for (const field of Object.keys(good)) {
      for (const value of [undefined, null, {}, -1, 1.5, [[]], [null]]) {
        expect(isSpecAnswer({ ...good, [field]: value }), `${field} ${value}`).toBe(false);
      }
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => !isSpecAnswer(value)));
  });

  it.each([
    'a\n',
    'a\0b',
    'a\x1b[2J',
    'a\u0085',
    '\ud800',
    'x'.repeat(70_000),
  ])('is refused with a name like %j', (name) => {
    expect(isSpecAnswer({ ...good, name })).toBe(false);
    expect(isSpecAnswer({ ...good, buildRequires: [name] })).toBe(false);
    expect(isSpecAnswer({ ...good, sources: [['a', name, 0, 1]] })).toBe(false);
  });

  it('never yields a name, version or source that is not plain without a problem', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('..', '.', '../a', '/etc/passwd', '$(id)', '-x', '%{y}', 'a b'),
    );
    fc.assert(
      fc.property(text, text, text, (name, version, source) => {
        const answer: SpecAnswer = { ...good, name, version, sources: [[source, source, 0, 1]] };
        if (problemsOfAnswer('a.spec', answer).length > 0) return;
        expect(`${name}-${version}`).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._+~^-]*$/);
        expect(source).toMatch(/^(?!\.{1,2}$)[^/\p{Cc}]+$/u);
      }),
    );
  });
});

it.each<[string, string | undefined]>([
  ['python%{python3_pkgversion}-x', '%python3_pkgversion'],
  ['python%{python3_pkgversion}-x >= 3', '%python3_pkgversion'],
  ['(a if lib%{_which} >= %{x_version})', '%_which'],
  // rpm compares such a version, and a tree may live with it.
  ['pkgconfig(gio-2.0) >= %{glib2_version}', undefined],
  ['(a >= %{x_version} or b)', undefined],
  ['font(:lang=en)', undefined],
])('a build that requires %j has the unknown macro %s', (requirement, macro) => {
  const text = `Name: a\n# ${macro}\nBuildRequires: ${requirement}\n`;
  const problems = problemsOfAnswer('a.spec', { ...good, buildRequires: [requirement] }, () => text);
  expect(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual(
    macro === undefined
      ? []
      : [`a.spec:3: BuildRequires '${requirement}' has the macro ${macro}, which nobody defined`],
  );
});

describe("rpm's words", () => {
  const said = (output: string, ended = '') => problemsOfOutput('s/a.spec', ended, output).map(formatProblem);
  it('become problems with the line, each once', () => {
    const words =
      'warning: line 2: x\nerror: line 12: Unknown tag: Foo: x\nerror: line 12: Unknown tag: Foo: x\n';
    expect(said(words)).toEqual([expect.stringMatching(/^s\/a\.spec:12: Unknown tag: Foo: x\. \S/)]);
  });
  it('name the file that a spec includes, where rpm names it, and else leave it open', () => {
    const read = (words: string, text: string) =>
      problemsOfOutput('s/a.spec', '', words, text).map(formatProblem);
    const [tag, branch] = [
      'error: line 3: Unknown tag: Bad: y\n',
      'error: inc.txt: line 2: %else with no %if\n',
    ];
    expect(read(tag, 'Name: a\n')[0]).toMatch(/^s\/a\.spec:3: Unknown tag: Bad: y\. /);
    expect(read(tag, 'Name: a\n%include inc.txt\n')[0]).toMatch(
      /^s\/a\.spec: Unknown tag: Bad: y \(line 3, here or in a file that it includes\)\. /,
    );
    expect(read(branch, 'Name: a\n%include inc.txt\n')[0]).toMatch(/^s\/inc\.txt:2: %else with no %if\. /);
  });
  it('have no line of more digits than a spec can have', () => {
    expect(problemsOfOutput('s/a.spec', '', `error: line ${'9'.repeat(400)}: x\n`)[0]?.line).toBeUndefined();
    expect(problemsOfOutput('s/a.spec', '', 'error: line 9999999: x\n')[0]?.line).toBe(9_999_999);
  });
  it('name the field that is missing', () => {
    expect(said('error: Version field must be present in package: (main package)\n')).toEqual([
      "s/a.spec: Version field must be present in package: (main package). Add a line 'Version: …' at the top of the spec.",
    ]);
  });
  it('give one problem when there are none, or the child was ended', () => {
    expect(said('')).toEqual([expect.stringContaining('rpm cannot read this spec')]);
    expect(said('error: line 1: forged\n', 'took more than 60 s')).toEqual([
      expect.stringContaining('reading this spec took more than 60 s'),
    ]);
  });
  it('cannot flood or steer a terminal', () => {
    const flood = Array.from(
      { length: 1000 },
      (_, index) => `error: line ${index}: \x1b[2J${'x'.repeat(1000)}`,
    );
    const lines = said(flood.join('\n'));
    expect(lines.length).toBe(20);
    expect(lines.join('\n')).not.toContain('\x1b');
  });
});
