import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import type { StandIn } from '../../../src/shared/toolchain/convert/stand-in.ts';
import type { Deb } from '../../../src/shared/toolchain/debian/deb.ts';
import type { Lock } from '../../../src/shared/toolchain/lock.ts';
import { hex, rpms } from './made-up.ts';

const { gcc, systemd } = rpms;

export const toolchain: Toolchain = {
  schema: 'azl/toolchain',
  version: 1,
  mode: 'bootstrap',
  arch: 'x86_64',
  rpms: [gcc, systemd],
  worker: [gcc.file],
  workerDigest: hex('a'),
};

const debs: readonly Deb[] = [
  {
    name: 'libc6',
    version: '2.36-9+deb12u10',
    architecture: 'amd64',
    source: 'glibc',
    summary: 'GNU C Library: Shared libraries',
    depends: [[{ name: 'libgcc-s1' }]],
    provides: [{ name: 'libc-dev-virtual', op: '=', version: '2.36' }],
    digest: hex('1'),
    size: 10,
  },
  {
    name: 'libc-bin',
    version: '2.36-9+deb12u10',
    architecture: 'amd64',
    source: 'glibc',
    summary: 'GNU C Library: Binaries',
    depends: [[{ name: 'libc6', op: '>=', version: '2.36' }]],
    provides: [],
    digest: hex('2'),
    size: 11,
  },
  {
    name: 'libgcc-s1',
    version: '1:12.2.0-14~rc1',
    architecture: 'amd64',
    source: 'gcc-12',
    summary: 'GCC support library',
    depends: [[{ name: 'libc6', op: '>=', version: '2.35' }], [{ name: 'nobody' }, { name: 'libc-bin' }]],
    provides: [],
    digest: hex('3'),
    size: 12,
  },
  {
    name: 'libfoo-data',
    version: '3.0',
    architecture: 'all',
    source: 'foo',
    summary: 'data of foo',
    depends: [],
    provides: [],
    digest: hex('4'),
    size: 13,
  },
  {
    name: 'libfoo-dev',
    version: '3.0',
    architecture: 'amd64',
    source: 'foo',
    summary: 'headers of foo',
    depends: [[{ name: 'libfoo-data', op: '=', version: '3.0' }]],
    provides: [{ name: 'foo-dev' }],
    digest: hex('5'),
    size: 14,
  },
  {
    name: 'systemd',
    version: '252.39-1~deb12u1',
    architecture: 'amd64',
    source: 'systemd',
    summary: 'system and service manager',
    depends: [[{ name: 'libc6' }]],
    provides: [],
    digest: hex('6'),
    size: 15,
  },
];

export const lock: Lock = {
  schema: 'azl/toolchain-lock',
  version: 2,
  suite: 'debian 12',
  arch: 'x86_64',
  packages: [...debs],
  additions: [],
};

/** Names of Debian's packages: those of a toolchain, and others that become RPMs by a rule of their own. */
export const debianNames: readonly string[] = `
  acl attr autoconf automake autotools-dev bash bc binutils binutils-common binutils-x86-64-linux-gnu bison
  bzip2 coreutils cpio cpp cpp-12 dbus dbus-bin dbus-daemon dbus-session-bus-common dbus-system-bus-common
  debianutils debugedit dejagnu diffutils dmsetup dosfstools dracut dracut-core dwz e2fsprogs ed elfutils
  expat expect fdisk file findutils flex g++ g++-12 gawk gcc gcc-12 gcc-12-base gettext gettext-base gperf
  grep groff-base grub-common grub-efi-amd64-bin gzip help2man hostname iproute2 iputils-ping kbd kmod
  kpartx less libacl1 libacl1-dev libapparmor1 libarchive13 libargon2-1 libasm1 libatomic1 libattr1
  libattr1-dev libaudit-common libaudit1 libbar1.2.3 libbinutils libblkid-dev libblkid1 libbpf1 libbrotli1
  libbsd-dev libbsd0 libbz2-1.0 libbz2-dev libc-bin libc-dev-bin libc6 libc6-dev libc6-dev-i386 libcap-dev
  libcap-ng0 libcap2 libcap2-bin libcc1-0 libcom-err2 libcrypt-dev libcrypt1 libcryptsetup12 libctf-nobfd0
  libctf0 libdb5.3 libdbus-1-3 libdbus-1-dev libdevmapper1.02.1 libdw-dev libdw1 libedit-dev libedit2
  libefiboot1 libefivar1 libelf-dev libelf1 libexpat1 libexpat1-dev libext2fs2 libfdisk1 libffi-dev libffi8
  libfoo-2 libfoo-dev libfoo3t64 libfreetype6 libfsverity0 libfuse2 libgcc-12-dev libgcc-s1 libgcrypt20
  libgdbm-compat4 libgdbm-dev libgdbm6 libgmp-dev libgmp10 libgmpxx4ldbl libgnutls30 libgomp1 libgpg-error0
  libgprofng0 libgssapi-krb5-2 libicu72 libidn2-0 libip4tc2 libisl23 libitm1 libjansson4 libjson-c5
  libk5crypto3 libkeyutils1 libkmod-dev libkmod2 libkrb5-3 libkrb5support0 liblocale-gettext-perl
  liblua5.3-0 liblua5.3-dev liblua5.4-0 liblua5.4-dev liblz4-1 liblz4-dev liblzma-dev liblzma5 libmagic-dev
  libmagic-mgc libmagic1 libmd-dev libmd0 libmnl0 libmount-dev libmount1 libmpc-dev libmpc3 libmpfr-dev
  libmpfr6 libncurses-dev libncurses5-dev libncurses6 libncursesw5-dev libncursesw6 libnettle8 libnsl2
  libnss-systemd libp11-kit0 libpam-modules libpam-modules-bin libpam-systemd libpam0g libpam0g-dev
  libpcre2-16-0 libpcre2-32-0 libpcre2-8-0 libpcre2-dev libpcre2-posix3 libperl5.36 libpkgconf3 libpng16-16
  libpopt-dev libpopt0 libproc2-0 libpython3-dev libpython3-stdlib libpython3.11 libpython3.11-dev
  libpython3.11-minimal libpython3.11-stdlib libquadmath0 libreadline-dev libreadline8 librpm9 librpmbuild9
  librpmio9 librpmsign9 libseccomp-dev libseccomp2 libselinux1 libselinux1-dev libsemanage-common
  libsemanage2 libsepol-dev libsepol2 libsigsegv2 libsmartcols1 libsqlite3-0 libsqlite3-dev libss2
  libssl-dev libssl3 libstdc++-12-dev libstdc++6 libsystemd-dev libsystemd-shared libsystemd0 libtasn1-6
  libtasn1-6-dev libtcl8.6 libtext-unidecode-perl libtinfo-dev libtinfo6 libtirpc-common libtirpc3 libtool
  libuchardet0 libudev-dev libudev1 libunistring-dev libunistring2 libuuid1 libxml-libxml-perl
  libxml-namespacesupport-perl libxml-sax-base-perl libxml-sax-perl libxml2 libxml2-16 libxml2-dev
  libxtables12 libxxhash0 libzstd-dev libzstd1 linux-image-6.1.0-56-amd64 linux-image-amd64
  linux-image-virtual linux-libc-dev linux-modules-6.8 login logsave lua5.3 lua5.4 lz4 m4 make meson mount
  mtools ncurses-base ncurses-bin ninja-build openssl passwd patch perl perl-base perl-modules-5.36
  pkg-config pkgconf pkgconf-bin procps python3 python3-dev python3-minimal python3-packaging
  python3-pkg-resources python3-rpm python3-setuptools python3.11 python3.11-dev python3.11-minimal
  readline-common rpm rpm-common rpm2cpio rsync sed sqlite3 systemd systemd-boot-efi systemd-sysv tar tcl
  tcl-expect tcl8.6 texinfo time udev unzip util-linux util-linux-extra uuid-dev xz-utils zlib1g zlib1g-dev
  zstd
`
  .split(/\s+/)
  .filter(Boolean);

/** A stand-in with every kind of entry. */
export const standIn: StandIn = {
  name: 'foo',
  epoch: 2,
  version: '3.0',
  release: '1',
  noarch: true,
  summary: 'all that a stand-in may have',
  debs: [hex('4'), hex('5')],
  entries: [
    { type: 'folder', path: '/var/lib/foo', mode: 0o700, user: 'root', group: 'mail' },
    { type: 'file', path: '/etc/foo', text: 'foo\n', mode: 0o640, config: true },
    { type: 'link', path: '/usr/bin/foo', target: '/usr/bin/foo-*' },
    { type: 'owner', path: '/usr/lib/foo/helper', mode: 0o4755, group: 'mail' },
  ],
  provides: ['foo-devel = 2:3.0-1'],
  requires: ['filesystem'],
  ignoredRequires: ['libbar.so.1()(64bit)'],
  scripts: '%post\n:\n',
};
