import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPrimary, readRepomd } from '../../../src/shared/repositories/metadata.ts';
import { MetadataError } from '../../../src/shared/repositories/xml.ts';
import { rpmFile } from '../../../src/shared/rpm/version.ts';

const digest = (digit: string) => digit.repeat(64);

const repomd = (href: string, sha256 = digest('a'), type = 'primary') =>
  `<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo">
  <data type="filelists"><checksum type="sha256">${digest('f')}</checksum><location href="repodata/f.xml.gz"/></data>
  <data type="${type}"><checksum type="sha256">${sha256}</checksum><open-checksum type="sha256">${digest('b')}</open-checksum>
  <location href="${href}"/><size>12</size><open-size>345</open-size></data></repomd>`;

interface Written {
  name?: string;
  arch?: string;
  href?: string;
  sha256?: string;
  format?: string;
  /** Elements behind its place. */
  more?: string;
  version?: string;
  epoch?: string;
  /** The algorithm of its digest. */
  kind?: string;
}

const packageXml = (written: Written) => {
  const { name = 'app', arch = 'noarch', href, sha256 = digest('c'), format = '', more = '' } = written;
  const { epoch = '0', version = '1.0', kind = 'sha256' } = written;
  return `<package type="rpm"><name>${name}</name><arch>${arch}</arch><version epoch="${epoch}" ver="${version}" rel="2.azl3"/>
  <checksum type="${kind}" pkgid="YES">${sha256}</checksum><summary>Of &lt;b&gt; &amp; more</summary>
  <size package="2048" installed="10" archive="20"/><location href="${href ?? `Packages/${name}-1.0-2.azl3.${arch}.rpm`}"/>
  <format><rpm:sourcerpm>app-1.0-2.azl3.src.rpm</rpm:sourcerpm>${format}</format>${more}</package>`;
};
const primary = (...packages: Written[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><metadata xmlns="c" xmlns:rpm="r" packages="${packages.length}">${packages.map(packageXml).join('\n')}</metadata>`;
const read = (text: string, openSize?: number) => readPrimary([text], ['x86_64', 'noarch'], openSize);

describe('repomd.xml', () => {
  it('names the list of packages, its digest and its size', async () => {
    expect(await readRepomd(repomd('repodata/p.xml.gz'))).toEqual({
      ...{ href: 'repodata/p.xml.gz', sha256: digest('a'), openSize: 345 },
    });
  });

  it.each<[string, string, RegExp]>([
    ['no list', repomd('repodata/p.xml', digest('a'), 'other'), /names no list of packages/],
    ['no digest', repomd('repodata/p.xml', 'x'), /has no SHA-256/],
    ['a way out', repomd('repodata/../../p.xml'), /may lead elsewhere/],
    ['a hidden way out', repomd('repodata/%2e%2E/p.xml'), /may lead elsewhere/],
    ['another host', repomd('https://elsewhere/p.xml'), /may lead elsewhere/],
    ['an absolute path', repomd('/p.xml'), /may lead elsewhere/],
    ['no XML', 'nothing here', /no sound XML/],
    ['no size', repomd('repodata/p.xml').replace('>345<', '>much<'), /has "much" bytes/],
    ['a size of a bomb', repomd('repodata/p.xml').replace('>345<', '>99999999999<'), /of at most 268435456/],
    ['two lists', repomd('repodata/p.xml', digest('a'), 'filelists'), /names two lists "filelists"/],
    [
      'another address',
      repomd('repodata/p.xml').replaceAll('<location', '<location xml:base="https://elsewhere/"'),
      /at another address, "https:\/\/elsewhere\/"/,
    ],
    ['half of it', repomd('repodata/p.xml').slice(0, 200), /no sound XML/],
    ['an entity of its own', `<!DOCTYPE a [<!ENTITY b "c">]><repomd>&b;</repomd>`, /has a document type/],
  ])('with %s is refused', async (_what, text, message) => {
    await expect(readRepomd(text)).rejects.toThrow(message);
  });
});

describe('a list of packages', () => {
  it('has what a solver asks, as rpm writes it', async () => {
    const format = `
      <rpm:provides><rpm:entry name="app" flags="EQ" epoch="0" ver="1.0" rel="2.azl3"/><rpm:entry name="lib(x)"/></rpm:provides>
      <rpm:requires><rpm:entry name="bash" flags="GE" epoch="1" ver="5"/><rpm:entry name="rpmlib(x)"/><rpm:entry name="(a if b)"/><rpm:entry name="bash" flags="GE" epoch="1" ver="5"/></rpm:requires>
      <rpm:conflicts><rpm:entry name="c" flags="LT" epoch="0" ver="2" rel="1"/></rpm:conflicts>
      <rpm:obsoletes><rpm:entry name="o" flags="LE" epoch="0" ver="3"/></rpm:obsoletes>
      <file>/usr/bin/app</file><file type="dir">/etc/app</file><file type="ghost">/etc/app/x</file>`;
    const [one] = await read(primary({ format }));
    expect(one).toMatchObject({ href: 'Packages/app-1.0-2.azl3.noarch.rpm', sha256: digest('c') });
    expect(one?.rpm).toEqual({
      ...{ file: 'app-1.0-2.azl3.noarch.rpm', name: 'app', epoch: 0, version: '1.0', release: '2.azl3' },
      ...{ arch: 'noarch', sourceRpm: 'app-1.0-2.azl3.src.rpm', size: 2048 },
      ...{ shipDigest: digest('c'), outputDigest: '' },
      ...{ provides: ['app = 1.0-2.azl3', 'lib(x)'], requires: ['bash >= 1:5', '(a if b)'] },
      ...{ conflicts: ['c < 2-1'], obsoletes: ['o <= 3'] },
      ...{ files: ['/usr/bin/app', '/etc/app/x'], folders: ['/etc/app'] },
    });
  });

  it('leaves out other architectures and sources, and has one that is there twice once', async () => {
    const found = await read(
      primary(
        { name: 'old', arch: 'i686' },
        { name: 'src', arch: 'src' },
        { name: 'twice', sha256: digest('1') },
        { name: 'twice', sha256: digest('1'), href: 'other/twice-1.0-2.azl3.noarch.rpm' },
        { name: 'here', arch: 'x86_64' },
      ),
    );
    expect(found.map(({ rpm, sha256 }) => [rpm.name, sha256[0]])).toEqual([
      ['twice', '1'],
      ['here', 'c'],
    ]);
  });

  it('is read in pieces, wherever they are cut', async () => {
    const bytes = Buffer.from(primary({ format: '<file>/usr/share/Ünïcödé</file>' }));
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    }
    const [one] = await readPrimary(pieces(), ['noarch']);
    expect(one?.rpm.files).toEqual(['/usr/share/Ünïcödé']);
  });

  it.each<[string, Written, RegExp]>([
    ['a name that is a path', { name: '../x', href: 'x.rpm' }, /has the name "\.\.\/x"/],
    ['a way out', { href: '../app-1.0-2.azl3.noarch.rpm' }, /may lead elsewhere/],
    ['no RPM', { href: 'Packages/app.deb' }, /is at "Packages\/app\.deb"/],
    [
      'the file name of another',
      { name: 'zzz', href: 'Packages/bash-1.0-2.azl3.noarch.rpm' },
      /the package zzz-1\.0-2\.azl3\.noarch\.rpm in it is at "Packages\/bash-1\.0-2\.azl3\.noarch\.rpm", which has the name of another/,
    ],
    [
      'one file name for two contents',
      { name: 'good', sha256: digest('d'), href: 'other/good-1.0-2.azl3.noarch.rpm' },
      /two packages good-1\.0-2\.azl3\.noarch\.rpm, at Packages\/.* and at other\//,
    ],
    ['a name that no file has', { name: 'a'.repeat(250) }, /has the name "aaa/],
    ['no digest', { sha256: '' }, /has no SHA-256/],
    ['another kind of digest', { kind: 'md5' }, /has no SHA-256/],
    ['another address', { more: '<location xml:base="https://elsewhere/" href="x"/>' }, /xml:base/],
    ['two places', { more: '<location href="x.rpm"/>' }, /two values of location/],
    ['two names', { more: '<name>other</name>' }, /two values of name/],
    ['two versions', { more: '<version ver="2" rel="1"/>' }, /two values of version/],
    ['a package in a package', { more: '<package/>' }, /a package in a package/],
    ['a version with a dash', { version: '1-0' }, /has the version "1-0"/],
    ['an epoch that is no number', { epoch: '1e3' }, /has no epoch/],
    [
      'a capability without end',
      { format: `<file>/${'x'.repeat(20_000)}</file>` },
      /a name of 20001 characters/,
    ],
    ['elements without end', { format: '<a>'.repeat(20) }, /more than 16 elements in each other/],
    ['a text without end', { format: `<b>${'x'.repeat(2_000_000)}</b>` }, /a tag or text of more than/],
  ])('with %s is refused', async (_what, one, message) => {
    await expect(read(primary({ name: 'good' }, one))).rejects.toThrow(message);
  });

  it('with anything changed in it is refused in words, or lists each RPM under its own name and once', async () => {
    const whole = primary(
      { format: '<rpm:requires><rpm:entry name="b"/></rpm:requires>' },
      { name: 'other' },
    );
    const pieces = [
      '<',
      '>',
      '"',
      '&',
      '<!--',
      '<package>',
      '</package>',
      '<location href="x"/>',
      '\0',
      '\ud800',
      'é',
    ];
    const change = fc.tuple(fc.nat(whole.length), fc.nat(40), fc.constantFrom('', ...pieces));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let text = whole;
        for (const [at, length, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + length);
        const listed = await read(text).catch((error: unknown) => {
          expect(error).toBeInstanceOf(MetadataError);
          return [];
        });
        for (const { rpm, href } of listed) {
          expect(rpm.file).toBe(rpmFile(rpm));
          expect(basename(href)).toBe(rpm.file);
        }
        expect(new Set(listed.map(({ rpm }) => rpm.file)).size).toBe(listed.length);
      }),
      { numRuns: 500 },
    );
  });

  it('that is longer than it should be is not read to its end', async () => {
    const text = primary({});
    await expect(read(text, text.length - 1)).rejects.toThrow(/longer than the \d+ bytes/);
    expect(await read(text, text.length)).toHaveLength(1);
  });
});
