import { access, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { type ParsedTrees, parsedTrees } from '../../support/parsed-trees.ts';
import { specText } from '../../support/trees.ts';

let trees: ParsedTrees;
let parse: ParsedTrees['parse'];
let problems: ParsedTrees['problems'];

beforeAll(async () => {
  trees = await parsedTrees();
  ({ parse, problems } = trees);
});
afterAll(async () => await trees.remove());

const whole = `%global lib foo
Name: foo
Version: 1.2
Release: 3%{?dist}
Epoch: 2
Summary: A test
License: MIT
Source1: local.txt
Source0: https://example.org/%{name}-%{version}.tar.gz
Source2: https://example.org/v1.tar.gz#/%{name}-extra.tar.gz
Patch0: fix.patch
BuildRequires: zlib-devel >= 1.3
BuildRequires: (a if b)
%if 0%{?with_check}
BuildRequires: only-for-check
%endif
%include %{_sourcedir}/more.inc
%description
A test.
%package devel
Summary: More
BuildArch: noarch
Requires: %{name} = %{epoch}:%{version}-%{release}
Conflicts: old < 2
Obsoletes: older < 1
%description devel
More.
%package never
Summary: None
%description never
No files.
%package empty
Summary: Meta
%description empty
An empty list is a list.
%files empty
%install
%check
true
%post
true
%files
%license COPYING
%dir %{_sysconfdir}/foo
%config(noreplace) %attr(600,root,root) "/etc/foo/with space"
%{_bindir}/%{lib}
%files devel
/usr/include/%{name}*.h
%exclude /usr/include/not.h
`;

describe('a spec as the worker reads it', () => {
  it('tells everything that the graph, the sources and the key need', async () => {
    const inc = 'BuildRequires: from-include\n';
    const files = { 'foo/foo.spec': whole, 'foo/more.inc': inc, 'foo/fix.patch': '', 'foo/other.txt': '' };
    const foo = (await parse('whole', files, { defines: { dist: '.t1' } })).get('foo');
    expect(foo).toMatchObject({
      ...{ package: 'foo', path: 'foo/foo.spec', name: 'foo', epoch: 2, version: '1.2', release: '3.t1' },
      sourceRpm: 'foo-1.2-3.t1.src.rpm',
      buildRequires: ['(a if b)', 'from-include', 'zlib-devel >= 1.3'],
      checkRequires: ['only-for-check'],
      hasCheck: true,
      digest: textDigest(whole),
      includes: [{ name: 'more.inc', digest: textDigest(inc) }],
      sources: [
        { name: 'foo-1.2.tar.gz', url: 'https://example.org/foo-1.2.tar.gz', kind: 'source', number: 0 },
        { name: 'local.txt', kind: 'source', number: 1 },
        { name: 'foo-extra.tar.gz', url: 'https://example.org/v1.tar.gz', kind: 'source', number: 2 },
        { name: 'fix.patch', kind: 'patch', number: 0 },
      ],
    });
    expect(foo?.excluded).toBeUndefined();
    const rpms = foo?.packages.map(({ file, built }) => `${file} ${built}`);
    expect(rpms).toEqual([
      'foo-1.2-3.t1.x86_64.rpm true',
      'foo-devel-1.2-3.t1.noarch.rpm true',
      'foo-never-1.2-3.t1.x86_64.rpm false',
      'foo-empty-1.2-3.t1.x86_64.rpm true',
    ]);
    expect(foo?.packages[0]).toMatchObject({
      files: ['/etc/foo', '/etc/foo/with space', '/usr/bin/foo'],
      requires: ['/bin/sh'],
      provides: ['foo = 2:1.2-3.t1', 'foo(x86-64) = 2:1.2-3.t1'],
    });
    expect(foo?.packages[1]).toMatchObject({
      ...{ requires: ['foo = 2:1.2-3.t1'], conflicts: ['old < 2'], obsoletes: ['older < 1'] },
      files: ['/usr/include/foo*.h'],
    });
  });

  it('has the values of programs that many specs ask, as rpm itself has them', async () => {
    const perl = '%(eval "`perl -V:version`"; echo $version)';
    const other = '%(eval "$(%{__perl} -V:version)"; echo $version)';
    const spec = `Name: foo\nVersion: 1\nRelease: 1\nSummary: A test\nLicense: MIT
%global later() %%(eval "\`perl -V:version\`"; echo $version)
BuildRequires: a-${perl} b-${other} c-%(echo ${perl} | wc -w) d-%{later}
BuildRequires: %(python3 -c 'from distutils.sysconfig import get_python_lib; print(get_python_lib())')/x
%description\nA test.\n%files\n`;
    const mine = `%global __perl false\n${spec}`;
    const texts = { foo: spec, bar: mine.replace('Name: foo', 'Name: bar') };
    const files = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [`${name}/${name}.spec`, text]),
    );
    const specs = await parse('asked', files);
    const [path, a = '', b = '', c, d = ''] = specs.get('foo')?.buildRequires ?? [];
    expect(path).toMatch(/^\/usr\/lib\/python3[.\d]*\/site-packages\/x$/);
    expect(a).toMatch(/^a-5\.\d+\.\d+$/);
    expect([b, c, d]).toEqual([a.replace('a', 'b'), 'c-1', a.replace('a', 'd')]);
    expect(specs.get('bar')?.buildRequires).toEqual([path, a, 'b-', 'c-1', d]);
  });

  it('tells which RPMs are made, also when a name has -f in it, as the option for a list', async () => {
    const named = ['python3-funcsigs', 'x-f', 'fonts', 'listed', 'short', 'never'];
    const section = (name: string) => `%package -n ${name}\nSummary: x\n%description -n ${name}\nx\n`;
    const sections = [
      ...['%files -n python3-funcsigs', '%files -n x-f', '%files -n fonts', '%files -f list -n listed'],
      '%files -n short -flist',
    ];
    const spec = specText('m', '', [...named.map(section), ...sections, ''].join('\n'));
    const packages = (await parse('made', { 'm/m.spec': spec })).get('m')?.packages;
    const made = packages?.flatMap(({ name, built }) => (built ? [name] : []));
    expect(made).toEqual(['python3-funcsigs', 'x-f', 'fonts', 'listed', 'short']);
  });

  it('says why a spec is not for this architecture, and goes on', async () => {
    const files = {
      'only/only.spec': specText('only', 'ExclusiveArch: s390x'),
      'not.spec': specText('not', 'ExcludeArch: x86_64'),
      'any/any.spec': specText('any', 'BuildArch: noarch'),
    };
    const specs = await parse('arch', files);
    expect([...specs.values()].map((spec) => [spec.package, spec.excluded])).toEqual([
      ['any', undefined],
      ['not', 'ExcludeArch: x86_64'],
      ['only', 'ExclusiveArch: s390x'],
    ]);
  });

  it('takes macros from files in their order and from defines, and nothing from another spec', async () => {
    const files = {
      'a/a.spec': specText('a', '%global leaked 1\nProvides: m(%{mine}) d(%{given})'),
      'b/b.spec': specText('b', 'Provides: leak(%{?leaked}) py(%{python3_version})'),
    };
    const macroFiles = [
      { name: 'one', text: '%mine first\n%python3_version %(echo 3.x)%%\n' },
      { name: 'two', text: '%mine second\n' },
    ];
    const specs = await parse('macros', files, { macroFiles, defines: { given: 'by-%{mine}' }, jobs: 1 });
    expect(specs.get('a')?.packages[0]?.provides).toEqual(
      expect.arrayContaining(['m(second)', 'd(by-second)']),
    );
    expect(specs.get('b')?.packages[0]?.provides).toEqual(expect.arrayContaining(['leak()', 'py(3.x%)']));
  });
});

it('knows the specs with a %generate_buildrequires, also behind %prep, where rpm does not tell', async () => {
  const section = '%generate_buildrequires\necho a\n';
  const specs = await parse('generates', {
    'after/after.spec': specText('after', '', `%prep\ntrue\n\n${section}%build\n%files\n`),
    'alone/alone.spec': specText('alone', '', `${section}%files\n`),
    'include/include.spec': specText('include', '', '%include %{_sourcedir}/part.inc\n%files\n'),
    'include/part.inc': `%prep\ntrue\n${section}`,
    'none/none.spec': specText('none', '# no %%generate_buildrequires'),
  });
  const found = [...specs].map(([name, one]) => [name, one.generates]);
  expect(Object.fromEntries(found)).toEqual({ after: true, alone: true, include: true, none: undefined });
});

describe('bad specs', () => {
  it('reports every fault of all specs at once, in place and with a hint', async () => {
    const said = await problems('bad', {
      'good/good.spec': specText('good'),
      'tag/tag.spec': specText('tag', 'BogusTag: x'),
      'nameless/nameless.spec': specText('x').replace('Name: x\n', ''),
      'open/open.spec': specText('open', '%if 1'),
      'macro/macro.spec': specText('macro', 'Source0: %{nowhere}.tar.gz'),
      'one/twice.spec': specText('twice-one'),
      'two/twice.spec': specText('twice-two'),
      'p/p.spec': specText('same'),
      'q/q.spec': specText('same'),
    });
    expect(said.some((line) => line.includes('good'))).toBe(false);
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^bad\/tag\/tag\.spec:6: Unknown tag: BogusTag: x\. .+/),
        expect.stringMatching(
          /^bad\/nameless\/nameless\.spec: Name field must be present.*Add a line 'Name: …'/,
        ),
        expect.stringMatching(/^bad\/open\/open\.spec(:\d+)?: .*%endif/),
        expect.stringMatching(/^bad\/macro\/macro\.spec: Source "%\{nowhere\}\.tar\.gz" .*not defined/),
        expect.stringMatching(/^bad\/two\/twice\.spec: this spec has the same name as bad\/one\/twice\.spec/),
        expect.stringMatching(
          /^bad\/q\/q\.spec: this spec makes same-1-1\.x86_64\.rpm which bad\/p\/p\.spec makes/,
        ),
      ]),
    );
  });

  it('refuses a BuildRequires whose name has a macro that nobody defines, with its line', async () => {
    const said = await problems('macros', {
      'a/a.spec': specText(
        'a',
        '# %{no_such_macro}\nBuildRequires: lib%{?no_such_macro} lib%{no_such_macro}-devel',
      ),
    });
    expect(said).toEqual([
      expect.stringMatching(
        /^macros\/a\/a\.spec:7: BuildRequires 'lib%\{no_such_macro\}-devel' has the macro %no_such_macro, which nobody defined\. Define it/,
      ),
    ]);
  });

  it('refuses names that are no plain names, whoever makes them up', async () => {
    const said = await problems('names', {
      'up/up.spec': specText('../up'),
      'run/run.spec': specText('$(touch x)'),
      'line/line.spec': specText('line', '%{lua: print("Provides: a\\tb(" .. string.char(1) .. ")")}'),
      'version/version.spec': specText('version', '', '%files\n', '1/../2'),
      'sub/sub.spec': specText(
        'sub',
        '',
        '%package -n ..\nSummary: x\n%description -n ..\nx\n%files -n ..\n',
      ),
      'source/source.spec': specText(
        'source',
        'Source0: https://example.org/a/..\nSource1: %{later}\n%global later a/b',
      ),
    });
    for (const name of ['up', 'run', 'line', 'version', 'sub', 'source']) {
      expect(
        said.filter((line) => line.startsWith(`names/${name}/${name}.spec`)),
        name,
      ).not.toEqual([]);
    }
    expect(said.filter((line) => line.startsWith('names/source'))).toEqual([
      expect.stringContaining('Source "a/b" is not a name of a file'),
      expect.stringContaining('Source ".." is not a name of a file'),
    ]);
  });
});

describe('hostile specs', () => {
  it('reach nothing outside, and stop nobody else', async () => {
    process.env['INPUT_TOKEN'] = 'hunter2';
    const passwd = await readFile(join(trees.worker, 'etc/passwd'), 'utf8');
    const outside = join(tmpdir(), 'azl-escape');
    const files = {
      'touch/touch.spec': specText(
        'touch',
        `%(touch x /azl/x /azl/specs/x /usr/src/azl/SOURCES/x /usr/src/azl/SPECS/x ${outside} 2>/dev/null)`,
      ),
      'lua/lua.spec': specText(
        'lua',
        '%{lua: os.remove("/etc/passwd")}\nProvides: kept(%(test -s /etc/passwd && echo yes))',
      ),
      'who/who.spec': specText(
        'who',
        'Provides: id(%(id -u):%(id -G)) root(%(cat /etc/shadow 2>/dev/null | wc -l))',
      ),
      'env/env.spec': specText(
        'env',
        "Provides: seen(%((env; cat /proc/*/environ 2>/dev/null) | tr -c 'A-Za-z0-9_' _))",
      ),
      'net/net.spec': specText(
        'net',
        "Provides: net(%(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \n'))",
      ),
      'good/good.spec': specText('good'),
    };
    const specs = await parse('hostile', files);
    delete process.env['INPUT_TOKEN'];
    expect([...specs.keys()]).toEqual(['env', 'good', 'lua', 'net', 'touch', 'who']);
    await expect(access(outside)).rejects.toThrow();
    expect((await readdir(join(trees.dir, 'hostile'))).includes('x')).toBe(false);
    expect(await readdir(join(trees.dir, 'hostile/touch'))).toEqual(['touch.spec']);
    expect(await readFile(join(trees.worker, 'etc/passwd'), 'utf8')).toBe(passwd);
    expect(specs.get('lua')?.packages[0]?.provides).toContain('kept(yes)');
    expect(JSON.stringify(specs.get('env'))).toContain('LANG_C');
    expect(JSON.stringify([...specs.values()])).not.toContain('hunter2');
    expect(JSON.stringify(specs.get('env'))).not.toContain('GITHUB');
    expect(specs.get('net')?.packages[0]?.provides).toContain('net(lo)');
    const ids = specs.get('who')?.packages[0]?.provides.find((name) => name.startsWith('id('));
    expect(ids).toMatch(/^id\(([789]\d{4}):\1\)$/);
    expect(specs.get('who')?.packages[0]?.provides).toContain('root(0)');
  });

  it('are ended when they take too long, eat processes or kill all they can', async () => {
    const files = {
      'good/good.spec': specText('good'),
      'sleep/sleep.spec': specText('sleep', '%(sleep 1000)'),
      'loop/loop.spec': specText('loop', '%{lua: while true do end}'),
      'kill/kill.spec': specText('kill', '%(kill -9 -1)'),
      'bomb/bomb.spec': specText('bomb', '%(b() { b | b & }; b 2>/dev/null)'),
      'left/left.spec': specText('left', '%(sleep 1000 >/dev/null 2>&1 </dev/null &)'),
      'flood/flood.spec': specText(
        'flood',
        '%(yes error: line 1: flood | head -c 50000000 >&2; exit 1)\nBogus: x',
      ),
    };
    const said = await problems('greedy', files, { secondsPerSpec: 3 });
    const of = (name: string) => said.filter((line) => line.includes(`/${name}.spec`)).join('\n');
    expect([of('good'), of('left')]).toEqual(['', '']);
    expect(of('sleep')).toContain('took more than 3 s');
    expect(of('loop')).toMatch(/took more than 3 s/);
    expect(of('kill')).toContain('was ended by SIGKILL');
    expect(of('flood').length).toBeLessThan(20_000);
    expect(await readdir(join(trees.dir, 'overlays'))).toEqual([]);
  });
});
