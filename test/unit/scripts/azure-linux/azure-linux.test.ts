import { describe, expect, it } from 'vitest';
import { causeOf } from '../../../../scripts/azure-linux/causes.ts';
import { only, parseList } from '../../../../scripts/azure-linux/list.ts';
import { type Found, indexReader, signaturesIn } from '../../../../scripts/azure-linux/specs-in-archive.ts';
import { markdownText, type Row, terminalText, totals } from '../../../../scripts/azure-linux/table.ts';
import { ProblemsError } from '../../../../src/shared/base/problems.ts';

const source = {
  ...{ file: 'tree-2.1.tar.gz', sha256: 'a'.repeat(64), suite: 'trixie', package: 'tree', version: '2.1-1' },
  ...{ debianFile: 'tree_2.1.orig.tar.gz', size: 1000 },
};
const listed = (spec: string, sources: object[] = [source]) => ({ tree: 'SPECS', spec, sources });
const textOf = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const messages = (body: () => unknown): string[] => {
  try {
    body();
  } catch (error) {
    if (error instanceof ProblemsError)
      return error.problems.map(({ line, path, message }) => `${line} ${path} ${message}`);
  }
  return [];
};

describe('a list of specs', () => {
  it('is a document a line', () => {
    expect(parseList(textOf(listed('tree'), listed('attr', [])), 'list').map(({ spec }) => spec)).toEqual([
      'tree',
      'attr',
    ]);
  });

  it.each([
    ['a path out of the tree', { ...listed('tree'), tree: '../SPECS' }, '$.tree'],
    ['a path in a spec', listed('../tree'), '$.spec'],
    ['a source that is a path', listed('tree', [{ ...source, file: '/etc/passwd' }]), '$.sources[0].file'],
    ['an option of apt', listed('tree', [{ ...source, package: '-o' }]), '$.sources[0].package'],
    ['a short digest', listed('tree', [{ ...source, sha256: 'abc' }]), '$.sources[0].sha256'],
  ])('refuses %s, and names its line', (_, row, path) => {
    const [message] = messages(() => parseList(textOf(listed('attr'), row), 'list'));
    expect(message).toContain(`2 ${path} `);
  });

  it('names all bad lines at once', () => {
    expect(messages(() => parseList(`{\n${textOf(listed('tree'))}[]\n`, 'list'))).toHaveLength(2);
  });

  it('is cut to some names, of which each is known', () => {
    const specs = parseList(textOf(listed('tree'), listed('attr')), 'list');
    expect(only(specs, [], 'list')).toEqual(specs);
    expect(only(specs, ['attr'], 'list').map(({ spec }) => spec)).toEqual(['attr']);
    expect(messages(() => only(specs, ['tree', 'acl', 'less'], 'list'))).toHaveLength(2);
  });
});

describe('the specs whose sources Debian ships', () => {
  it.each([
    ['{"Signatures": {"a": "1"}}', [['a', '1']]],
    ['{"signatures": {"a": "1"}}', [['a', '1']]],
    ['{"Other": {"a": "1"}}', []],
    ['{', []],
    ['[]', []],
    ['null', []],
  ])('have signatures: %s', (text, expected) => {
    expect(signaturesIn(text)).toEqual(expected);
  });

  it('are found in an index of source packages by the digest, the first package first', () => {
    const [one, other, md5] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(32)];
    const found = new Map<string, Found>();
    const take = indexReader('trixie', new Set([one]), found);
    const stanza = (name: string, version: string) => [
      ...[`Package: ${name}`, 'Files:', ` ${md5} 5 x.tar.gz`, `Version: ${version}`, 'Checksums-Sha256:'],
      ...[` ${one} 7 ${name}.tar.gz`, ` ${other} 9 ${name}.debian.tar.xz`, ''],
    ];
    for (const line of [...stanza('tree', '2-1'), ...stanza('twin', '3-1')]) take(line);
    const expected = { suite: 'trixie', package: 'tree', version: '2-1', debianFile: 'tree.tar.gz', size: 7 };
    expect([...found]).toEqual([[one, expected]]);
  });
});

describe('the cause of a failure', () => {
  it.each([
    ['stand-in missing', 'requirement', "BuildRequires 'vala' is provided by nothing. Nearest: valac."],
    ['version of a stand-in', 'requirement', "BuildRequires 'x >= 9' is provided by nothing. There is x 2"],
    ['stand-in missing', 'build', 'main.c:3:10: fatal error: glib.h: No such file or directory'],
    ['stand-in missing', 'build', "Can't locate Module/Build.pm in @INC"],
    ['stand-in missing', 'build', 'msgfmt: cannot locate ITS rules for a.policy.in'],
    ['stand-in missing', 'build', 'configure: error: C compiler cannot create executables'],
    ['version of a stand-in', 'build', "dhtest.c:45:32: error: unknown type name 'gmp_randstate_ptr'"],
    [
      'version of a stand-in',
      'build',
      'configure: error: Package requirements (x >= 2) were not met: required',
    ],
    ['spec', 'build', 'error: Installed (but unpackaged) file(s) found: /usr/share/x'],
    ['azl', 'clash', 'its RPMs are those of another package'],
    ['azl', 'requirement', 'its build root cannot be made: x needs y; perl-Y takes the place of y'],
    ['azl', 'build', 'line 52: /usr/src/azl/SOURCES/find.sh: Permission denied'],
    ['stand-in missing', 'build', 'line 40: fg: no job control'],
    ['stand-in missing', 'build', "configure: error: Can't find or link to the hdf5 library"],
    ['version of a stand-in', 'build', "undefined reference to 'subunit_test_start'"],
    ['unknown', 'build', 'make: *** [Makefile:3: all] Error 1'],
  ])('is: %s', (cause, kind, text) => {
    expect(causeOf({ kind, text })).toBe(cause);
  });
});

describe('the table', () => {
  const row = (spec: string, state: Row['state'], more: Partial<Row> = {}): Row => ({
    ...{ tree: 'SPECS', spec, state, reason: 'because', seconds: 1 },
    ...more,
  });
  const rows = [
    row('b', 'reused'),
    row('a', 'built'),
    row('c', 'failed', { cause: 'spec', reason: 'x | y\nz `q`' }),
    row('d', 'blocked'),
    row('e', 'gone'),
    row('f', 'excluded'),
  ];

  it('does not count what the mirror lacks', () => {
    expect(totals(rows)).toMatchObject({ counted: 4, built: 2, percent: 50 });
    expect(totals([])).toMatchObject({ counted: 0, built: 0, percent: 0 });
  });

  it('names each spec that is not built, by cause', () => {
    expect(terminalText(rows)).toBe(
      'spec: 1\n  c  x | y\nz `q`\nblocked: d\ngone: e\nexcluded: f\n2 of 4 specs are built (50.0 %), 1 failed, 1 are blocked by these. The sources of 1 more are gone from the mirror.',
    );
  });

  it('is a table in Markdown, whatever a build says', () => {
    const table = {
      schema: 'azl/azure-linux',
      version: 1,
      commit: null,
      host: 'debian 12',
      seconds: 1,
      rows,
    } as const;
    const text = markdownText({ ...table, rows: [...rows] });
    expect(text).toContain("| c | spec | `x \\| y z 'q'` |");
    expect(text).toContain('Built:\n\n```text\na b\n```');
  });
});
