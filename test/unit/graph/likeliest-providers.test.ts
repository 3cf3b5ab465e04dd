import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { likeliestProviders } from '../../../src/shared/graph/likeliest-providers.ts';

const failed = [
  ...[
    'zlib',
    'libxml2',
    'libxml++',
    'libxslt',
    'gtk2',
    'gtk3',
    'gtk-doc',
    'glib',
    'openssl',
    'perl-XML-Parser',
  ],
  ...['perl-Try-Tiny', 'perl', 'python-requests', 'python-requests-oauthlib', 'rubygem-nokogiri', 'nokogiri'],
  ...['ocaml-findlib', 'systemd', 'gcc', 'kernel', 'fuse', 'fuse3', 'git', 'libgit2', 'bison'],
];

it.each<[string, string[]]>([
  ['libxml2.so.2()(64bit)', ['libxml2', 'libxml++']],
  ['pkgconfig(zlib)', ['zlib']],
  ['libz.so.1()(64bit)', ['zlib']],
  ['pkgconfig(gtk+-3.0) >= 3.24', ['gtk3', 'gtk2', 'gtk-doc']],
  ['perl(Try::Tiny)', ['perl-Try-Tiny']],
  ['perl(XML::Parser) >= 2.4', ['perl-XML-Parser']],
  ['python3dist(requests)', ['python-requests', 'python-requests-oauthlib']],
  ['rubygem(nokogiri)', ['rubygem-nokogiri', 'nokogiri']],
  ['ocaml(Findlib)', ['ocaml-findlib']],
  ['libgit2.so.1.7()(64bit)', ['libgit2', 'git']],
  ['/usr/bin/bison', ['bison']],
  ['/usr/lib/libfuse3.so.3', ['fuse3', 'fuse']],
  ['openssl-devel', ['openssl']],
  ['pkgconfig(nothing-like-it)', []],
  ['', []],
])('for %s the likeliest are %j', (capability, names) => {
  expect(likeliestProviders(capability, failed)).toEqual(names);
});

it('names at most three of those that failed, in one order', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9+-]{0,12}$/);
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 30 }), name, (names, word) => {
      const found = likeliestProviders(`pkgconfig(${word})`, names);
      expect(found.length).toBeLessThanOrEqual(3);
      expect(names).toEqual(expect.arrayContaining(found));
      expect(likeliestProviders(`pkgconfig(${word})`, names.toReversed())).toEqual(found);
      if (names.includes(word)) expect(found[0]).toBe(word);
    }),
  );
});
