import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { mirrorAmong } from '../../../src/shared/sources/debian-archive.ts';
import { parseDebianSources } from '../../../src/shared/sources/debian-sources.ts';
import { addressesOf } from '../../../src/shared/sources/fetch-source.ts';

describe('the addresses of a source', () => {
  it.each<[string, string | undefined, string, string[]]>([
    [
      'that of the source server first',
      'https://x.example/a.tgz',
      'https://s.example/src',
      ['https://s.example/src/a.tgz', 'https://x.example/a.tgz'],
    ],
    ['its own alone', 'https://x.example/a.tgz', '', ['https://x.example/a.tgz']],
    ['the server alone', undefined, 'https://s.example/src/', ['https://s.example/src/a.tgz']],
    ['one that is both, once', 'https://s.example/a.tgz', 'https://s.example', ['https://s.example/a.tgz']],
    ['without the name behind #', 'https://x.example/v1#/a.tgz', '', ['https://x.example/v1']],
    ['none', undefined, '', []],
  ])('are %s', (_name, url, sourceUrl, expected) => {
    expect(addressesOf({ name: 'a.tgz', ...(url === undefined ? {} : { url }) }, sourceUrl)).toEqual(
      expected,
    );
  });

  it('quote what a URL would read another way', () => {
    expect(addressesOf({ name: 'a+b c?.tgz' }, 'https://s')).toEqual(['https://s/a%2Bb%20c%3F.tgz']);
  });
});

describe('the mirror of the host', () => {
  it('is the first that has Debian itself', () => {
    const rows = [
      'https://deb.example/node/|. nodistro|nodistro|main',
      'http://security.example/debian-security/|Debian|Debian-Security|main',
      'http://near.example/debian/|Debian|Debian|main',
      'http://far.example/debian/|Debian|Debian|main',
    ];
    expect(mirrorAmong(rows)).toBe('http://near.example/debian/');
  });

  it.each([
    [['http://archive.example/ubuntu/|Ubuntu|Ubuntu|main', '']],
    [['']],
    [['evil [trusted=yes] x|Debian|Debian|main']],
  ])('is none among %j', (rows) => expect(mirrorAmong(rows)).toBeUndefined());
});

describe('a list of Debian sources', () => {
  const row = { package: 'bzip2', version: '1.0.8-6', file: 'bzip2_1.0.8.orig.tar.gz' };

  it('is read', () => {
    const sources = parseDebianSources(
      JSON.stringify({ suite: 'trixie', files: { 'bzip2-1.0.8.tar.gz': row } }),
      'f',
    );
    expect(sources.suite).toBe('trixie');
    expect(sources.files.get('bzip2-1.0.8.tar.gz')).toEqual(row);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /no name of a suite/],
    ['a suite with options', { suite: '[x] trixie', files: {} }, /no name of a suite/],
    ['no files', { suite: 'trixie' }, /\$\.files/],
    ['an empty row', { suite: 'trixie', files: { x: null } }, /no Debian source package/],
    [
      'an option for a package',
      { suite: 'trixie', files: { x: { ...row, package: '-oX' } } },
      /"-oX" is no Debian source package/,
    ],
    [
      'a path for a file',
      { suite: 'trixie', files: { x: { ...row, file: '../x' } } },
      /"..\/x" is no Debian source file/,
    ],
  ])('that holds %s is refused', (_name, value, expected) => {
    let said = '';
    try {
      parseDebianSources(JSON.stringify(value), 'f');
    } catch (error) {
      if (error instanceof ProblemsError) said = error.problems.map(formatProblem).join('\n');
    }
    expect(said).toMatch(expected);
  });

  it('of the example names a tarball for each signature of an upstream source', () => {
    const file = 'examples/distro/debian-sources.json';
    for (const name of parseDebianSources(readFileSync(file, 'utf8'), file).files.keys())
      expect(name).toMatch(/^[a-z0-9]+-[0-9].*\.(tar\.[gx]z|tgz)$/);
  });
});
