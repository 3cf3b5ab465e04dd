import { describe, expect, it } from 'vitest';
import {
  addFailure,
  addResult,
  declaredGraph,
  newGraph,
  plainPolicy,
} from '../../../src/shared/graph/graph.ts';
import { needsOf } from '../../../src/shared/graph/walk.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { build, makeGraph, needed } from '../../support/made-up-graph.ts';

const toolchain = madeUpToolchain([
  madeUpRpm('gcc'),
  madeUpRpm('zlib-devel', { epoch: 1, provides: ['zlib-devel = 1:1.2-1', 'pkgconfig(zlib) = 1.2'] }),
]);

describe('needs of a package', () => {
  it('takes what the toolchain alone provides as no edge, and the tree before the toolchain', () => {
    const tree = [
      madeUpSpec('app', ['gcc', 'zlib-devel']),
      madeUpSpec('zlib', [], { zlib: {}, 'zlib-devel': { requires: ['zlib = 1.0-1'] } }),
    ];
    expect(needed(makeGraph(tree, toolchain), 'app').waitsFor).toEqual(['zlib']);
    expect(needed(makeGraph([madeUpSpec('app', ['zlib-devel'])], toolchain), 'app').waitsFor).toEqual([]);
  });

  it('follows what built RPMs require, not what their specs said', () => {
    const graph = makeGraph([madeUpSpec('app', ['lib']), madeUpSpec('lib'), madeUpSpec('deep')], toolchain);
    build(graph, 'lib', { requires: ['deep >= 1.0'] });
    expect(needed(graph, 'app')).toEqual({ packages: ['lib'], waitsFor: ['deep'], missing: [] });
  });

  it('waits for candidates one after the other, then takes the toolchain, then calls it missing', () => {
    const specs = [madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('libfoo'), madeUpSpec('foo')];
    const graph = makeGraph([...specs, madeUpSpec('bar')], toolchain);
    expect(needed(graph, 'app').waitsFor).toEqual(['foo']);
    build(graph, 'foo');
    expect(needed(graph, 'app').waitsFor).toEqual(['libfoo']);
    build(graph, 'libfoo');
    expect(needed(graph, 'app').missing).toEqual(['pkgconfig(foo)']);
    const rich = madeUpToolchain([madeUpRpm('foo-devel', { provides: ['pkgconfig(foo) = 1'] })]);
    const other = makeGraph(specs, rich);
    build(other, 'foo');
    build(other, 'libfoo');
    expect(needed(other, 'app')).toEqual({ packages: [], waitsFor: [], missing: [] });
  });

  it('never waits for a candidate by name when a likelier one has it, and passes over one that fails', () => {
    const specs = [
      madeUpSpec('app', ['pkgconfig(xml2)']),
      madeUpSpec('libxml2', [], { libxml2: { files: ['/usr/lib/pkgconfig/xml2.pc'] } }),
      madeUpSpec('libxml++'),
    ];
    const graph = makeGraph(specs, toolchain);
    expect(needed(graph, 'app').waitsFor).toEqual(['libxml2']);
    build(graph, 'libxml2', { provides: ['pkgconfig(xml2) = 2'] });
    expect(needed(graph, 'app')).toEqual({ packages: ['libxml2'], waitsFor: [], missing: [] });
    const named = makeGraph(
      [madeUpSpec('app', ['pkgconfig(xml)']), madeUpSpec('xml'), madeUpSpec('libxml')],
      toolchain,
    );
    addFailure(named, 'xml');
    expect(needed(named, 'app').waitsFor).toEqual(['libxml']);
    build(named, 'libxml', { provides: ['pkgconfig(xml) = 2'] });
    expect(needed(named, 'app').packages).toEqual(['libxml']);
  });

  it('says which failed candidate might have provided what is missing', () => {
    const graph = makeGraph([madeUpSpec('app', ['pkgconfig(foo)']), madeUpSpec('foo')], toolchain);
    addFailure(graph, 'foo');
    expect(needsOf(graph, 'app').missing).toEqual([
      { capability: 'pkgconfig(foo)', path: ['app'], by: 'app', failed: ['foo'] },
    ]);
  });

  it.each([
    ['php(api)', 'php'],
    ['rubygem(rake)', 'rubygem-rake'],
    ['ocaml(Stdlib)', 'ocaml'],
    ['npm(left-pad)', 'nodejs-left-pad'],
    ['golang(github.com/x/y)', 'golang-github.com-x-y'],
    ['mono(Foo)', 'mono'],
    ['font(sans)', 'font'],
    ['perl(Foo::Bar)', 'perl-Foo-Bar'],
    ['python3.12dist(six)', 'python3-six'],
    ['any-language(x)', 'any-language-x'],
    ['libfoo.so.1()(64bit)', 'foo'],
    ['libfoo.so', 'libfoo'],
  ])('knows no closed list of what a build may reveal: %s of %s', (capability, provider) => {
    const graph = makeGraph([madeUpSpec('app', [capability]), madeUpSpec(provider)], toolchain);
    expect(needed(graph, 'app').waitsFor).toEqual([provider]);
    build(graph, provider, { provides: [capability] });
    expect(needed(graph, 'app')).toEqual({ packages: [provider], waitsFor: [], missing: [] });
  });

  it.each([
    ['CMake file', 'cmake(Qt5Core)', '/usr/lib/cmake/Qt5Core/Qt5CoreConfig.cmake'],
    ['Perl module', 'perl(No::Name)', '/usr/share/perl5/No/Name.pm'],
    ['soname', 'libodd.so.3()(64bit)', '/usr/lib/libodd.so.*'],
  ])('finds a provider by the file list: %s', (_, capability, file) => {
    const owner = madeUpSpec('owner', [], { owner: { files: [file] } });
    expect(needed(makeGraph([madeUpSpec('app', [capability]), owner], toolchain), 'app').waitsFor).toEqual([
      'owner',
    ]);
  });

  it('searches nowhere for what nothing points to, unless asked to', () => {
    const specs = [madeUpSpec('app', ['perl(No::Such)']), madeUpSpec('cloud'), madeUpSpec('sky', ['app'])];
    expect(needed(makeGraph(specs, toolchain), 'app').missing).toEqual(['perl(No::Such)']);
    const graph = makeGraph(specs, toolchain, { ...plainPolicy, discover: true });
    expect(needed(graph, 'app').waitsFor).toEqual(['cloud']);
    build(graph, 'cloud', { provides: ['perl(No::Such) = 1'] });
    expect(needed(graph, 'app').packages).toEqual(['cloud']);
  });

  it('follows the pointers of earlier builds where nothing else provides', () => {
    const specs = [
      madeUpSpec('app', ['perl(Odd)', 'pkgconfig(zlib)']),
      madeUpSpec('cloud'),
      madeUpSpec('sky'),
    ];
    const pointers = new Map([
      ['perl(Odd)', ['cloud', 'gone']],
      ['pkgconfig(zlib)', ['sky']],
    ]);
    const graph = makeGraph(specs, toolchain, { ...plainPolicy, pointers });
    expect(needed(graph, 'app').waitsFor).toEqual(['cloud']);
    build(graph, 'cloud', { provides: ['perl(Odd) = 1'] });
    expect(needed(graph, 'app')).toEqual({ packages: ['cloud'], waitsFor: [], missing: [] });
  });

  it('never lets a pointer decide where the package can be built without it', () => {
    const specs = [
      madeUpSpec('app', ['(perl(Odd) or perl(Foo))']),
      madeUpSpec('other', ['(perl(Odd) or gone)']),
      ...[madeUpSpec('cloud'), madeUpSpec('perl-Foo')],
    ];
    const pointers = new Map([['perl(Odd)', ['cloud']]]);
    const graph = makeGraph(specs, toolchain, { ...plainPolicy, pointers });
    expect(needed(graph, 'app').waitsFor).toEqual(['perl-Foo']);
    build(graph, 'perl-Foo', { provides: ['perl(Foo)'] });
    expect(needed(graph, 'app')).toEqual({ packages: ['perl-Foo'], waitsFor: [], missing: [] });
    expect(needed(graph, 'other').waitsFor).toEqual(['cloud']);
  });

  it('waits for a likely spec although the toolchain provides it, but not for one that needs the asker', () => {
    const needy = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('zlib')];
    expect(needed(makeGraph(needy, toolchain), 'app').waitsFor).toEqual(['zlib']);
    const knotted = [madeUpSpec('app', ['pkgconfig(zlib)']), madeUpSpec('zlib', ['app'])];
    expect(needed(makeGraph(knotted, toolchain), 'app').waitsFor).toEqual([]);
  });

  it('finds a path under its other name, and none in a name like a capability', () => {
    const specs = [
      madeUpSpec('app', ['/bin/foo']),
      madeUpSpec('tools', [], { tools: { files: ['/usr/bin/foo'] } }),
    ];
    expect(needed(makeGraph(specs, toolchain), 'app').waitsFor).toEqual(['tools']);
    const sh = madeUpToolchain([
      madeUpRpm('bash', { files: ['/usr/bin/sh', '/usr/share/x/script (dev).tmpl'] }),
    ]);
    expect(needed(makeGraph([madeUpSpec('app', ['/bin/sh'])], sh), 'app').missing).toEqual([]);
    expect(needed(makeGraph([madeUpSpec('app', ['/usr/share/x/script'])], sh), 'app').missing).toEqual([
      '/usr/share/x/script',
    ]);
  });

  it('counts versions, and takes the highest of several that satisfy', () => {
    const old = madeUpSpec('go-1', [], { golang: {} });
    const young = madeUpSpec('go-2', [], { golang: {} });
    for (const one of young.packages) one.version = '2.0';
    const specs = (requirement: string) => [old, young, madeUpSpec('app', [requirement])];
    expect(needed(makeGraph(specs('golang'), toolchain), 'app').waitsFor).toEqual(['go-2']);
    expect(needed(makeGraph(specs('golang < 2'), toolchain), 'app').waitsFor).toEqual(['go-1']);
    expect(needed(makeGraph(specs('golang > 3'), toolchain), 'app').missing).toEqual(['golang > 3']);
    const needy = madeUpSpec('go-3', ['app'], { golang: {} });
    for (const one of needy.packages) one.version = '3.0';
    expect(needed(makeGraph([...specs('golang'), needy], toolchain), 'app').waitsFor).toEqual(['go-2']);
  });

  it('takes no provider that is in BuildConflicts', () => {
    const young = madeUpSpec('new', [], { new: { provides: ['engine = 2'] } });
    for (const one of young.packages) one.version = '2.0';
    const app = { ...madeUpSpec('app', ['engine']), buildConflicts: ['new'] };
    const specs = [app, young, madeUpSpec('old', [], { old: { provides: ['engine = 1'] } })];
    expect(needed(makeGraph(specs, toolchain), 'app').waitsFor).toEqual(['old']);
    const versions = [{ ...app, buildConflicts: ['engine >= 2'] }, ...specs.slice(1)];
    expect(needed(makeGraph(versions, toolchain), 'app').waitsFor).toEqual(['old']);
  });
});

describe('what a build revealed', () => {
  const specs = [
    madeUpSpec('app', ['lib']),
    madeUpSpec('lib', ['first']),
    madeUpSpec('first'),
    madeUpSpec('second'),
  ];
  const soname = 'libodd.so.1()(64bit)';

  it('is provided by what was in the root of that build', () => {
    const graph = makeGraph(specs, toolchain);
    build(graph, 'second', { version: '9.0', provides: [soname] });
    build(graph, 'first', { provides: [soname] });
    build(graph, 'lib', { requires: [soname] }, ['first-1.0-1.x86_64.rpm']);
    expect(needed(graph, 'app')).toEqual({ packages: ['first', 'lib'], waitsFor: [], missing: [] });
  });

  it('is provided by the package itself before all others', () => {
    const graph = makeGraph(specs, toolchain);
    build(graph, 'first', { provides: [soname] });
    build(graph, 'lib', { requires: [soname], provides: [soname] }, ['first-1.0-1.x86_64.rpm']);
    expect(needed(graph, 'app').packages).toEqual(['lib']);
  });

  it('is provided by the toolchain when it was so in the root, although a name is like it', () => {
    const odd = madeUpToolchain([madeUpRpm('odd', { provides: [soname] })]);
    const graph = makeGraph([...specs, madeUpSpec('libodd')], odd);
    build(graph, 'lib', { requires: [soname] }, ['odd-1.0-1.x86_64.rpm']);
    expect(needed(graph, 'app')).toEqual({ packages: ['lib'], waitsFor: [], missing: [] });
  });

  it('is looked for in what the root holds anyway, then by name', () => {
    const both = [madeUpSpec('app', ['lib', 'second']), ...specs.slice(1), madeUpSpec('libodd')];
    const graph = makeGraph(both, toolchain);
    build(graph, 'lib', { requires: [soname] });
    expect(needed(graph, 'app').waitsFor).toEqual(['second']);
    build(graph, 'second', { provides: [soname] });
    expect(needed(graph, 'app')).toEqual({ packages: ['lib', 'second'], waitsFor: [], missing: [] });
    const alone = makeGraph([...specs, madeUpSpec('libodd')], toolchain);
    build(alone, 'lib', { requires: [soname] });
    expect(needed(alone, 'app').waitsFor).toEqual(['libodd']);
  });
});

describe('a generation of the graph', () => {
  it('takes one result of a package, and leaves the declared graph and other generations as they are', () => {
    const declared = declaredGraph([madeUpSpec('app', ['lib']), madeUpSpec('lib')], toolchain);
    const [first, second] = [newGraph(declared), newGraph(declared)];
    addResult(first, madeUpResult('lib'));
    expect(() => addResult(first, madeUpResult('lib'))).toThrow('lib has two results');
    expect(needed(first, 'app').waitsFor).toEqual([]);
    expect(needed(second, 'app').waitsFor).toEqual(['lib']);
  });
});
