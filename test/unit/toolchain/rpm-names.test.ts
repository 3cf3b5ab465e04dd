import { describe, expect, it } from 'vitest';
import {
  aliases,
  aliasVersion,
  primaryFirst,
  rpmName,
} from '../../../src/shared/toolchain/convert/rpm-names.ts';
import { standIns } from '../../../src/shared/toolchain/convert/stand-ins.ts';
import {
  buildPackages,
  excludedPackages,
  imagePackages,
  workerPackages,
} from '../../../src/shared/toolchain/debian/requested-packages.ts';
import { deb, debsByName } from '../../support/debs.ts';

describe('rpmName', () => {
  it.each([
    ['zlib1g', 'zlib'],
    ['zlib1g-dev', 'zlib-devel'],
    ['libssl3', 'openssl-libs'],
    ['libssl3t64', 'openssl-libs'],
    ['libreadline8t64', 'readline'],
    ['libncurses-dev', 'ncurses-devel'],
    ['libtinfo6', 'ncurses-libs'],
    ['g++', 'gcc-c++'],
    ['g++-12', 'gcc-c++'],
    ['gcc-14-x86-64-linux-gnu', 'gcc'],
    ['gcc-12-base', 'libgcc'],
    ['xz-utils', 'xz'],
    ['linux-image-6.1.0-56-cloud-amd64', 'kernel'],
    ['linux-libc-dev', 'kernel-headers'],
    ['libpython3.11-stdlib', 'python3'],
    ['libpython3.13', 'python3-devel'],
    ['librpmio10', 'rpm-libs'],
    ['libpam0g', 'pam'],
    ['libxml2-16', 'libxml2'],
    ['libicu76', 'libicu'],
    ['libnghttp2-14', 'libnghttp2'],
    ['libnghttp3-9', 'libnghttp3'],
    ['libtasn1-6', 'libtasn1'],
    ['libdb5.3t64', 'libdb'],
    ['libcurl3t64-gnutls', 'libcurl3-gnutls'],
    ['libseccomp-dev', 'libseccomp-devel'],
    ['libxml-sax-perl', 'perl-XML-SAX'],
    ['libtry-tiny-perl', 'libtry-tiny-perl'],
    ['autotools-dev', 'autotools-dev'],
    ['bash', 'bash'],
    ['libre-ocaml', 'ocaml-re'],
    ['libre-ocaml-dev', 'ocaml-re-devel'],
    ['xsltproc', 'libxslt'],
  ])('%s → %s', (name, expected) => {
    expect(rpmName(name)).toBe(expected);
  });
});

describe('names', () => {
  it('gives libfoo-devel its short name', () => {
    expect(aliases('libseccomp-devel')).toEqual(['seccomp-devel']);
    expect(aliases('libxml2-devel')).toEqual(['xml2-devel']);
    expect(aliases('pkgconf')).toContain('pkg-config');
  });

  it('gives other names the epoch that requirements count on', () => {
    const version = { epoch: 0, version: '5.36.0' };
    expect(aliasVersion('perl-interpreter', version)).toEqual({ ...version, epoch: 4 });
    expect(aliasVersion('perl-libs', version)).toEqual(version);
    const debs = debsByName(deb('perl', { version: '5.36.0-7' }));
    const provides = standIns(debs).find(({ name }) => name === 'perl')?.provides;
    expect(provides).toEqual(expect.arrayContaining(['perl = 4:5.36.0-7', 'perl-interpreter = 4:5.36.0-7']));
  });

  it('takes the version of the part that gives the RPM its name', () => {
    expect(primaryFirst(['gcc-12', 'cpp', 'libgcc-12-dev', 'gcc', 'cpp-12'])[0]).toBe('gcc');
    expect(primaryFirst(['mount', 'bsdutils', 'util-linux'])[0]).toBe('util-linux');
    expect(primaryFirst(['libc-bin', 'libc6'])[0]).toBe('libc6');
    expect(primaryFirst(['ncurses-base', 'ncurses-bin'])[0]).toBe('ncurses-bin');
  });

  it('excludes no requested package', () => {
    for (const name of [...workerPackages, ...buildPackages, ...imagePackages].flat())
      expect(excludedPackages.test(name), name).toBe(false);
  });
});
