import { describe, expect, it } from 'vitest';
import { keysOfPath, parseContentsLine } from '../../../../src/shared/toolchain/debian/contents-keys.ts';
import { indexPackages, packagesFor } from '../../../../src/shared/toolchain/debian/find-packages.ts';
import { deb, debsByName } from '../../../support/debs.ts';

/** Lines of an archive's Contents: path, and section/name of each package that has it. */
const contents = `
usr/bin/xsltproc                                   text/xsltproc
usr/sbin/lsof                                      utils/lsof
bin/netcat                                         net/netcat-openbsd,net/netcat-traditional
usr/lib/x86_64-linux-gnu/pkgconfig/x11.pc          libdevel/libx11-dev
usr/share/pkgconfig/xproto.pc                      libdevel/x11proto-dev
usr/lib/x86_64-linux-gnu/libfoo.so.3               libs/libfoo3
usr/lib/x86_64-linux-gnu/libodd.so                 libdevel/odd-things-dev
usr/share/perl5/Foo/Bar.pm                         perl/libfoo-bar-perl
usr/lib/x86_64-linux-gnu/perl5/5.36/Fast/XS.pm     perl/libfast-perl
usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO  python/python3-yaml
usr/lib/python3/dist-packages/zope.interface-5.5.2.egg-info python/python3-zope.interface
usr/lib/python3/dist-packages/gi/__init__.py       python/python3-gi
usr/lib/x86_64-linux-gnu/cmake/Qt6Core/Qt6CoreConfig.cmake  libdevel/qt6-base-dev
usr/lib/cmake/odd/odd-config.cmake                 libdevel/odd-things-dev
usr/share/rubygems-integration/all/specifications/rspec-core-3.12.gemspec  ruby/ruby-rspec-core
usr/lib/ocaml/re/META                              ocaml/libre-ocaml-dev
usr/share/nodejs/@types/node/package.json          javascript/node-typescript-types
usr/share/maven-repo/org/ow2/asm/asm/9.4/asm-9.4.pom java/libasm-java
usr/share/texlive/texmf-dist/tex/latex/tools/array.sty tex/texlive-latex-base
usr/share/fonts/truetype/lato/Lato-Bold.ttf        fonts/fonts-lato
usr/share/a\x20b                                   odd/blank
`;

const byFile = new Map<string, string[]>();
for (const line of contents.trim().split('\n')) {
  const { path, packages } = parseContentsLine(line) ?? { path: '', packages: [] };
  for (const key of keysOfPath(path)) byFile.set(key, [...(byFile.get(key) ?? []), ...packages]);
}
const named = `
  cmake zlib1g-dev libglib2.0-dev xsltproc lsof netcat-openbsd netcat-traditional libx11-dev libx11-xcb-dev x11proto-dev
  libfoo3 libfoo2 libfoo-perl odd-things-dev libfoo-bar-perl libfast-perl python3-yaml python3-zope.interface python3-gi
  python3-requests qt6-base-dev ruby-rspec-core libre-ocaml-dev node-typescript-types libasm-java texlive-latex-base
  fonts-lato libgpg-error-dev libbar-1.2-dev libbar-1.10-dev xserver-xorg-video-ati dpkg libcmdliner-ocaml-dev
  apache2-dev openjdk-17-jdk-headless libcommons-io-java
`;
const debs = named
  .trim()
  .split(/\s+/)
  .map((name) => deb(name));
const universe = debsByName(...debs, deb('frobnicate-dev', { source: 'frob' }));
const index = indexPackages(universe, byFile, /^dpkg$/);

describe('the Debian packages of a capability', () => {
  it.each([
    ['cmake', 'cmake'],
    ['cmake >= 3.20', 'cmake'],
    ['zlib-devel', 'zlib1g-dev'],
    ['glib2-devel', 'libglib2.0-dev'],
    ['libgpg-error-devel', 'libgpg-error-dev'],
    ['libX11-devel', 'libx11-dev libx11-xcb-dev'],
    ['java-devel', 'openjdk-17-jdk-headless'],
    ['apache-commons-io', 'libcommons-io-java'],
    ['httpd-devel', 'apache2-dev'],
    ['frob-devel', 'frobnicate-dev'],
    ['odd-devel', 'odd-things-dev'],
    ['bar-devel', 'libbar-1.10-dev'],
    ['foo-libs', 'libfoo3'],
    ['libfoo', 'libfoo3'],
    ['python3-requests', 'python3-requests'],
    ['PyYAML', 'python3-yaml'],
    ['python3-zope-interface', 'python3-zope.interface'],
    ['python3-gi', 'python3-gi'],
    ['perl-Foo-Bar', 'libfoo-bar-perl'],
    ['ocaml-re-devel', 'libre-ocaml-dev'],
    ['ocaml-cmdliner-devel', 'libcmdliner-ocaml-dev'],
    ['rubygem-rspec-core', 'ruby-rspec-core'],
    ['xorg-x11-drv-ati', 'xserver-xorg-video-ati'],
    ['google-lato-fonts', 'fonts-lato'],
    ['texlive-array', 'texlive-latex-base'],
    ['/usr/bin/xsltproc', 'xsltproc'],
    ['/usr/bin/lsof', 'lsof'],
    ['/bin/netcat', 'netcat-openbsd'],
    ['pkgconfig(x11)', 'libx11-dev'],
    ['pkgconfig(xproto) >= 7', 'x11proto-dev'],
    ['libfoo.so.3()(64bit)', 'libfoo3'],
    ['libfoo.so.3(FOO_1.2)(64bit)', 'libfoo3'],
    ['perl(Foo::Bar)', 'libfoo-bar-perl'],
    ['perl(Fast::XS)', 'libfast-perl'],
    ['python3dist(pyyaml)', 'python3-yaml'],
    ['python3.12dist(zope-interface)', 'python3-zope.interface'],
    ['cmake(Qt6Core)', 'qt6-base-dev'],
    ['cmake(ODD)', 'odd-things-dev'],
    ['rubygem(rspec-core)', 'ruby-rspec-core'],
    ['ocaml(re)', 'libre-ocaml-dev'],
    ['npm(@types/node)', 'node-typescript-types'],
    ['mvn(org.ow2.asm:asm)', 'libasm-java'],
    ['tex(array.sty)', 'texlive-latex-base'],
    ['font(lato)', 'fonts-lato'],
    ['cmake(x86-64)', 'cmake'],
  ])('%s: %s', (capability, packages) => {
    expect(packagesFor(index, capability).join(' ')).toBe(packages);
  });

  it.each([
    'no-such-thing',
    'zlib-devle',
    'pkgconfig(nothing)',
    'perl(Foo::Baz)',
    '/usr/share/nothing',
    'libfoo.so.4()(64bit)',
    'dpkg',
    'odd(',
    '',
  ])('%s: none', (capability) => {
    expect(packagesFor(index, capability)).toEqual([]);
  });

  it('takes a path with blanks for one path, and a line without packages for none', () => {
    expect(parseContentsLine('usr/share/a b  odd/blank,area/odd/more')).toEqual({
      path: 'usr/share/a b',
      packages: ['blank', 'more'],
    });
    expect(parseContentsLine('FILE')).toBeUndefined();
    expect(parseContentsLine('')).toBeUndefined();
  });
});
