import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DebFiles, takeLine } from '../../../bench/index/contents.ts';
import { heartbeatFigures, type IndexResults, indexFigures } from '../../../bench/index/figures.ts';
import {
  binaries,
  debugPaths,
  ownFolders,
  rpmPaths,
  sourcesOfBinary,
} from '../../../bench/index/file-lists.ts';
import { debianKindOf, debianNames, kindOf } from '../../../bench/index/names.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { withBlock } from '../../../scripts/markdown.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');

describe('what the docs say of the index and of heartbeats', () => {
  const results = JSON.parse(read('bench/index/results.json')) as IndexResults;

  it.each([
    ['docs/store.md', 'bench-index', indexFigures(results)],
    ['docs/shards.md', 'bench-heartbeats', heartbeatFigures(results)],
  ])('is what was measured: %s', (path, mark, figures) => {
    const page = read(path);
    expect(page).toContain(`<!-- ${mark} -->`);
    expect(page).toBe(withBlock(page, mark, `\n${figures}\n`));
  });

  it('is little enough that whole lists of files can stay', () => {
    expect(results.packages).toBe(1404);
    expect(results.index.gzipBytes).toBeLessThan(15e6);
    expect(results.index.readSeconds).toBeLessThan(2);
    expect(results.heartbeats.map(({ shards }) => shards)).toEqual([8, 60]);
    for (const { largest, readBytes } of results.heartbeats) {
      expect(largest.gzipBytes).toBeLessThan(5e6);
      expect(readBytes).toBeLessThan(2e9);
    }
  });
});

describe('what stands for an RPM', () => {
  const names = [
    'libicu-dev',
    'libicu72',
    'libmodule-build-perl',
    'python3-attr',
    'ruby-rack',
    'libboost1.81-dev',
    'zsh',
  ];
  const find = debianNames([...names, 'zsh-common']);

  it.each([
    ['zsh', ['zsh', 'zsh-common']],
    ['boost-devel', ['libboost1.81-dev']],
    ['icu-devel', ['libicu-dev']],
    ['icu-libs', ['libicu72']],
    ['perl-Module-Build', ['libmodule-build-perl']],
    ['python3-attr', ['python3-attr']],
    ['rubygem-rack', ['ruby-rack']],
    ['zsh-debuginfo', []],
    ['other', []],
  ])('%s: the packages %j', (rpm, debs) => {
    expect(find(rpm)).toEqual(debs);
  });

  it('is of its kind', () => {
    expect(['python3-x', 'x-devel', 'x-debuginfo', 'x'].map(kindOf)).toEqual([
      'python',
      'devel',
      'debug',
      'main',
    ]);
    expect(['python3-x', 'libx-dev', 'texlive-x', 'x'].map(debianKindOf)).toEqual([
      'python',
      'devel',
      undefined,
      'main',
    ]);
  });
});

describe('lists of files', () => {
  it('are read from lines that name a path and its packages, paths with blanks too', () => {
    const found = new Map<string, DebFiles>();
    const take = (line: string) => takeLine(line, new Set(['a', 'b']), true, found);
    take('usr/share/a file \t  admin/a,net/other');
    take('usr/bin/tool   admin/a,contrib/net/b');
    take('usr/bin/none   admin/other');
    expect([...found]).toEqual([
      ['a', { files: ['/usr/share/a file', '/usr/bin/tool'], native: true }],
      ['b', { files: ['/usr/bin/tool'], native: true }],
    ]);
  });

  it('become those of RPMs', () => {
    const files = ['/bin/x', '/usr/share/doc/x/copyright', '/usr/share/doc/x/changelog.Debian.gz'];
    const python = ['/usr/lib/python3/dist-packages/x/a.py'];
    expect(rpmPaths({ files: [...files, ...python], native: true })).toEqual([
      '/usr/bin/x',
      '/usr/share/licenses/x/COPYING',
      '/usr/lib/python3.12/site-packages/x/a.py',
      '/usr/lib/python3.12/site-packages/x/__pycache__/a.cpython-312.pyc',
      '/usr/lib/python3.12/site-packages/x/__pycache__/a.cpython-312.opt-1.pyc',
    ]);
  });

  it('have debug information of what is no script', () => {
    const files = [
      '/usr/lib/x86_64-linux-gnu/libx.so.1.2',
      '/usr/lib/x86_64-linux-gnu/libx.so.1',
      '/usr/share/x',
    ];
    expect(binaries({ files, native: true })).toEqual(files.slice(0, 1));
    expect(binaries({ files, native: false })).toEqual([]);
    const paths = debugPaths('x', ['/lib/libx.so.1.2'], 1);
    expect(paths).toHaveLength(3 + sourcesOfBinary);
    expect(paths[0]).toBe('/usr/lib/debug/usr/lib/libx.so.1.2.debug');
  });

  it('bring along the folders that nobody else has', () => {
    const [a, b] = ownFolders([['/usr/share/a/b/one', '/usr/bin/a'], ['/usr/bin/b']]);
    expect([a?.sort(), b]).toEqual([['/usr/share', '/usr/share/a', '/usr/share/a/b'], []]);
  });
});
