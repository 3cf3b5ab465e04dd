import { describe, expect, it } from 'vitest';
import { candidateProviders } from '../../../src/shared/graph/candidate-providers.ts';
import { declaredGraph } from '../../../src/shared/graph/graph.ts';
import { parseCapability } from '../../../src/shared/rpm/capability.ts';
import { madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

/** The candidates for a path among packages that declare one `%files` entry each. */
function candidates(files: Record<string, string>, path: string): string[] {
  const specs = Object.entries(files).map(([name, file]) =>
    madeUpSpec(name, [], { [name]: { files: [file] } }),
  );
  const graph = declaredGraph(specs, madeUpToolchain([]));
  return candidateProviders(graph, parseCapability(path)).map((one) => one.package);
}

describe('the candidate providers of a path', () => {
  it.each([
    ['/usr/bin/foo*', true],
    ['/usr/bin/foo?ar', true],
    ['/usr/bin/foo[a-z]ar', true],
    ['/usr/bin/foo[!a-z]ar', false],
    ['/usr/bin/foo{bar,baz}', true],
    ['/usr/bin/foo{zip,zap}', false],
    ['/usr/bin/foobar', true],
    ['/usr/bin/fo*', false],
    ['/usr/bin/foo[z-a]ar', false],
    ['/usr/bin/foo[', false],
    ['/usr/bin/foo{bar', false],
  ])('declare %s: %s', (file, isCandidate) => {
    expect(candidates({ owner: file }, '/usr/bin/foobar')).toEqual(isCandidate ? ['owner'] : []);
  });

  it.each([
    ['the folder of the file', { owner: '/usr/share/m4x' }, ['owner']],
    ['a folder above it, with a slash', { owner: '/usr/share/m4x/' }, ['owner']],
    [
      'the deepest folder first',
      { outer: '/usr/share/m4x', inner: '/usr/share/m4x/deep' },
      ['inner', 'outer'],
    ],
    ['a folder of another name', { other: '/usr/share/m4xx' }, []],
    ['a folder that many share', { a: '/usr/share', b: '/usr/share', c: '/usr/share', d: '/usr/share' }, []],
  ])('are those that list %s', (_, files, expected) => {
    expect(candidates(files as Record<string, string>, '/usr/share/m4x/deep/file')).toEqual(expected);
  });

  it('are found in a spec with so many braces that no list could hold all they stand for', () => {
    const braces = `/usr/bin/foo${'{a,b}'.repeat(200)}`;
    expect(candidates({ owner: braces }, '/usr/bin/foobar')).toEqual([]);
  });
});

describe('the candidate providers of a soname', () => {
  // Packages of Azure Linux whose names have one stem.
  const names = ['fuse', 'fuse3', 'git', 'gtk2', 'gtk3', 'libgit2', 'libxml++', 'libxml2'];
  it.each([
    ['libfuse3.so.3()(64bit)', ['fuse3', 'fuse']],
    ['libfuse.so.2()(64bit)', ['fuse', 'fuse3']],
    ['libgtk-3.so.0()(64bit)', ['gtk3', 'gtk2']],
    ['libgit2.so.1.7()(64bit)', ['libgit2', 'git']],
    ['libxml2.so.2()(64bit)', ['libxml2', 'libxml++']],
  ])('%s are %j, the one with the whole name first', (soname, expected) => {
    const graph = declaredGraph(
      names.map((name) => madeUpSpec(name)),
      madeUpToolchain([]),
    );
    const found = candidateProviders(graph, parseCapability(soname));
    expect(found.map((one) => one.package)).toEqual(expected);
  });
});
