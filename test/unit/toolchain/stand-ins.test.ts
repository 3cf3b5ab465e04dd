import { describe, expect, it } from 'vitest';
import { builtinPackages } from '../../../src/shared/toolchain/convert/builtin-packages.ts';
import { aliases, primaryFirst, rpmName } from '../../../src/shared/toolchain/convert/rpm-names.ts';
import { standIns } from '../../../src/shared/toolchain/convert/stand-ins.ts';
import { type Deb, parseRelations } from '../../../src/shared/toolchain/debian/deb.ts';
import {
  buildPackages,
  excludedPackages,
  imagePackages,
  workerPackages,
} from '../../../src/shared/toolchain/debian/requested-packages.ts';
import { type Lock, lockChanges, parseLock } from '../../../src/shared/toolchain/lock.ts';

const deb = (name: string, version = '1-1', depends = '', provides = ''): Deb => ({
  ...{ name, version, architecture: 'amd64', source: name, summary: name, digest: '0'.repeat(64), size: 1 },
  ...{ depends: parseRelations(depends), provides: parseRelations(provides).flat() },
});

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
    ['libxml-sax-perl', 'libxml-sax-perl'],
    ['autotools-dev', 'autotools-dev'],
    ['bash', 'bash'],
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

describe('standIns', () => {
  const all = standIns(
    new Map(
      [
        deb('libc6', '2.36-9', 'libgcc-s1', 'libc6-2.36'),
        deb('libc-bin', '2.36-9', 'libc6 (>> 2.36)'),
        deb('libgcc-s1', '12.2.0-14', 'gcc-12-base (= 12.2.0-14), libc6 (>= 2.35)'),
        deb('gcc-12-base', '12.2.0-14'),
        deb('zlib1g', '1:1.2.13.dfsg-1', 'libc6 (>= 2.14)', 'libz1'),
        deb('zlib1g-dev', '1:1.2.13.dfsg-1', 'zlib1g (= 1:1.2.13.dfsg-1), libc6-dev | libc-dev'),
        deb('tool', '1.0', 'libz1, missing | zlib1g (>= 1:1.2.5-2)'),
      ].map((one) => [one.name, one]),
    ),
  );
  const get = (name: string) => all.find((one) => one.name === name);

  it('merges packages under one name and drops what they require of each other', () => {
    expect(get('glibc')?.requires).toEqual(['filesystem', 'libgcc']);
    expect(get('glibc')?.debs).toHaveLength(2);
    expect(get('glibc')?.provides).toContain('libc-bin = 2.36-9');
    expect(get('glibc')?.provides).toContain('rtld(GNU_HASH)');
    expect(get('libgcc')?.requires).toEqual(['filesystem', 'glibc >= 2.35']);
  });

  it('keeps the epoch in its own version and out of what others require', () => {
    expect(get('zlib')).toMatchObject({ epoch: 1, version: '1.2.13.dfsg', release: '1' });
    expect(get('zlib')?.provides).toEqual(['libz1', 'zlib1g = 1:1.2.13.dfsg-1']);
    expect(get('zlib-devel')?.requires).toEqual(['filesystem', 'zlib']);
    expect(get('tool')?.requires).toEqual(['filesystem', 'zlib', 'zlib >= 1.2.5']);
  });

  it('has the builtin packages, sorted among the others', () => {
    const names = all.map((one) => one.name);
    for (const own of builtinPackages) expect(names).toContain(own.name);
    expect(names).toEqual([...names].sort());
  });
});

describe('the builtin packages', () => {
  it('own each path once, in folders that exist', () => {
    const paths = builtinPackages.flatMap((own) => own.entries.map((entry) => entry.path));
    expect(paths).toEqual([...new Set(paths)]);
    for (const path of paths) expect(path).toMatch(/^\/[\w./-]+$/);
  });
});

describe('the lock', () => {
  const lock = (...packages: Deb[]): Lock => ({
    schema: 'azl/toolchain-lock',
    version: 1,
    suite: 'debian 12',
    arch: 'x86_64',
    packages,
  });

  it('says what an update changes', () => {
    const before = lock(deb('a'), deb('b', '1-1'), deb('c'), deb('e'));
    const after = lock(deb('a'), deb('b', '1-2'), deb('d', '3'), { ...deb('e'), digest: '1'.repeat(64) });
    expect(lockChanges(before, after)).toEqual([
      'b 1-1 → 1-2',
      'removed c 1-1',
      'added d 3',
      'e 1-1 with other content',
    ]);
    expect(lockChanges(before, before)).toEqual([]);
  });

  it('is read back as it was written', () => {
    expect(parseLock(JSON.stringify(lock(deb('a'))), 'l')).toEqual(lock(deb('a')));
  });

  it.each([
    '',
    '[]',
    'null',
    '{"schema":"azl/toolchain-lock","version":2,"packages":[]}',
    JSON.stringify(lock({ ...deb('a'), name: '--option' })),
    JSON.stringify(lock({ ...deb('a'), version: '1; rm' })),
    JSON.stringify(lock({ ...deb('a'), digest: '../../etc' })),
  ])('is refused when it is none: %s', (text) => {
    expect(() => parseLock(text, 'toolchain.lock')).toThrow(/toolchain\.lock.*make toolchain UPDATE_LOCK=1/);
  });
});
