import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFileName, isPlainFileName, pathsOfFilesSection } from '../../../src/shared/specs/text.ts';

describe('paths of a %files section', () => {
  it.each([
    ['/usr/bin/a', ['/usr/bin/a']],
    ['%dir /etc/a\n/b', ['/b', '/etc/a']],
    ['%config(noreplace) %attr(0644, root, root) /etc/a.conf', ['/etc/a.conf']],
    ['%config /etc/a\n%ghost %verify(not md5 size) /var/a', ['/etc/a', '/var/a']],
    ['%attr(4755,root,root) %caps(cap_net_raw=p) /usr/bin/ping', ['/usr/bin/ping']],
    ['%lang(de) /usr/share/locale/de/a.mo', ['/usr/share/locale/de/a.mo']],
    ['"/opt/with space/a" /opt/b', ['/opt/b', '/opt/with space/a']],
    ['%license COPYING\n%doc README docs/*\n%doc /usr/share/doc/a', ['/usr/share/doc/a']],
    ['%defattr(-,root,root,/755)\n%exclude /usr/lib/a.la\n# /comment\n/x/*.so.*', ['/x/*.so.*']],
    ['relative/path\n\n   \n', []],
    ['/a\n/a', ['/a']],
  ])('%j', (section, paths) => expect(pathsOfFilesSection(section)).toEqual(paths));

  it('answers absolute paths only, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string(), (section) => {
        expect(pathsOfFilesSection(section).every((path) => path.startsWith('/'))).toBe(true);
      }),
    );
  });
});

it.each([
  ['a b.txt', true],
  ['.hidden.conf', true],
  ['a%2Bb.txt', true],
  ['__proto__', true],
  ['-rf', true],
  ['größe (1)\'"&;$x.txt', true],
  ['ä'.repeat(100), true],
  ['ä'.repeat(101), false],
  ['', false],
  ['.', false],
  ['..', false],
  ['a/b', false],
  ['a\nb', false],
  ['a\u0085', false],
  ['a\0', false],
  ['\ud800', false],
])('name of a file %j %j', (name, is) => expect(isFileName(name)).toBe(is));

it.each([
  ['zlib-1.3.tar.gz', true],
  ['a~b^c+d@e=f,g', true],
  ['', false],
  ['..', false],
  ['-rf', false],
  ['a/b', false],
  ['a b', false],
  ['a\n', false],
  ['$(x)', false],
  ['ä', false],
  ['a'.repeat(201), false],
])('plain file name %j %j', (name, plain) => expect(isPlainFileName(name)).toBe(plain));
