import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dependsOnCheck,
  isPlainFileName,
  macrosNamedIn,
  pathsOfFilesSection,
  queriesRpmDatabase,
} from '../../../src/shared/specs/text.ts';

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

describe('macros that a text names', () => {
  it.each([
    ['%{name}-%{?dist} %configure', ['configure', 'dist', 'name']],
    ['%{!?x:%global x 1} %{?!y:z}', ['global', 'x', 'y']],
    ['%{expand:%{inner}} %%escaped', ['escaped', 'expand', 'inner']],
    [
      "%{lua: a = macros.one; b = macros['two']; rpm.isdefined('three'); rpm.expand('%four')}",
      ['four', 'lua', 'one', 'three', 'two'],
    ],
    ['%if %{defined one} && 0%{undefined  two}', ['defined', 'if', 'one', 'two', 'undefined']],
    ['%{!?undefined:a b} %defined three', ['defined', 'three', 'undefined']],
    ['%{definedness of it} defined four', ['definedness']],
    ['100% %1 %* %# %(echo %{a_b})', ['a_b']],
  ])('%j', (text, names) => expect(macrosNamedIn([text])).toEqual(names));

  it('finds every name in braces', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/),
        fc.constantFrom('', '?', '!?', '?!'),
        (name, mark) => {
          expect(macrosNamedIn([`x %{${mark}${name}} y`])).toContain(name);
        },
      ),
    );
  });
});

describe('a look into the rpm database', () => {
  it.each([
    '%(rpm -q --qf "%{VERSION}" glibc)',
    '%(/usr/bin/rpm -qa)',
    '%(%{__rpm} -q gcc)',
    'rpm --query --whatprovides x',
    'LANG=C rpm  --root / -q kernel',
    'rpmquery x',
  ])('is seen in %j', (text) => expect(queriesRpmDatabase(text)).toBe(true));
  it.each([
    'rpm2cpio x',
    '%{_rpmconfigdir}/macros',
    'BuildRequires: rpm >= 4',
    'foo-rpm -q',
    'rpmbuild -q',
    'rpm is quick',
  ])('is not seen in %j', (text) => expect(queriesRpmDatabase(text)).toBe(false));
});

it.each([
  ['%if 0%{?with_check}', true],
  ['%bcond_without check', true],
  ['%bcond check 1', true],
  ['%if %{with check}', true],
  ['%include x.inc', true],
  ['%check\nmake check', false],
  ['%bcond_with checksums', false],
])('a second look for the check: %j %j', (text, look) => expect(dependsOnCheck(text)).toBe(look));

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
