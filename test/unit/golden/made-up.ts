import type { KeyInput } from '../../../src/shared/cache-key/key.ts';
import type { Verdict } from '../../../src/shared/image/boot-test/verdict.ts';
import type { NamedFile, NamedFiles } from '../../../src/shared/image/config/named-files.ts';
import type { ImageJson } from '../../../src/shared/image/manifest/image-json.ts';
import type { ImagePackage } from '../../../src/shared/image/packages/choose-packages.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import type { Spec } from '../../../src/shared/model/spec.ts';
import type { Toolchain } from '../../../src/shared/model/toolchain.ts';
import type { PackageReport } from '../../../src/shared/shards/protocol/heartbeat.ts';
import type { StandIn } from '../../../src/shared/toolchain/convert/stand-in.ts';
import type { Deb } from '../../../src/shared/toolchain/debian/deb.ts';
import type { Lock } from '../../../src/shared/toolchain/lock.ts';

/*
 * What the fixed values of keys.json are taken of. Nothing here comes from elsewhere, so that nothing else can change
 * them: each field of each type is written out.
 */

/** Sixty-four hex digits. */
export const hex = (letter: string) => letter.repeat(64);

const gcc: Rpm = {
  file: 'gcc-12.2.0-14.x86_64.rpm',
  name: 'gcc',
  epoch: 0,
  version: '12.2.0',
  release: '14',
  arch: 'x86_64',
  sourceRpm: 'gcc-12.2.0-14.src.rpm',
  size: 1234,
  shipDigest: hex('1'),
  outputDigest: hex('2'),
  provides: ['gcc = 12.2.0-14', 'cpp'],
  requires: ['glibc-devel', 'binutils >= 2.40'],
  conflicts: ['gcc-old < 3'],
  obsoletes: ['egcs < 2'],
  files: ['/usr/bin/cc', '/usr/bin/gcc'],
  folders: ['/usr/lib/gcc'],
};

const lib: Rpm = {
  file: 'lib-2.0-3.noarch.rpm',
  name: 'lib',
  epoch: 1,
  version: '2.0',
  release: '3',
  arch: 'noarch',
  sourceRpm: 'lib-2.0-3.src.rpm',
  size: 4321,
  shipDigest: hex('3'),
  outputDigest: hex('4'),
  provides: ['lib = 1:2.0-3', 'pkgconfig(lib) = 2.0'],
  requires: [],
  conflicts: [],
  obsoletes: [],
  files: ['/usr/share/lib/data'],
  folders: ['/usr/share/lib'],
};

const systemd: Rpm = {
  file: 'systemd-252-1.x86_64.rpm',
  name: 'systemd',
  epoch: 0,
  version: '252',
  release: '1',
  arch: 'x86_64',
  sourceRpm: 'systemd-252-1.src.rpm',
  size: 99,
  shipDigest: hex('5'),
  outputDigest: hex('6'),
  provides: ['systemd = 252-1'],
  requires: ['lib'],
  conflicts: [],
  obsoletes: [],
  files: ['/usr/bin/systemctl', '/usr/bin/systemd-hwdb', '/usr/bin/systemd-sysusers', '/usr/sbin/ldconfig'],
  folders: [],
};

const release: Rpm = {
  file: 'example-release-3.1-1.noarch.rpm',
  name: 'example-release',
  epoch: 0,
  version: '3.1',
  release: '1',
  arch: 'noarch',
  sourceRpm: 'example-release-3.1-1.src.rpm',
  size: 7,
  shipDigest: hex('7'),
  outputDigest: hex('8'),
  provides: ['example-release = 3.1-1', 'system-release = 3.1'],
  requires: [],
  conflicts: [],
  obsoletes: [],
  files: ['/usr/lib/os-release'],
  folders: [],
};

export const rpms = { gcc, lib, systemd, release };

const plainSpec: Spec = {
  package: 'app',
  path: 'app/app.spec',
  name: 'app',
  epoch: 0,
  version: '1.0',
  release: '1',
  sourceRpm: 'app-1.0-1.src.rpm',
  buildRequires: ['gcc', 'lib'],
  checkRequires: ['tester'],
  buildConflicts: ['evil'],
  sources: [],
  packages: [
    {
      name: 'app',
      epoch: 0,
      version: '1.0',
      release: '1',
      arch: 'x86_64',
      file: 'app-1.0-1.x86_64.rpm',
      provides: ['app = 1.0-1'],
      requires: ['lib'],
      conflicts: [],
      obsoletes: [],
      files: ['/usr/bin/app'],
      built: true,
    },
  ],
  hasCheck: true,
  digest: hex('9'),
  includes: [],
  macrosNamed: [],
  queriesRpmDatabase: false,
};

const plainInput: KeyInput = {
  spec: plainSpec,
  sources: {},
  arch: 'x86_64',
  defines: { dist: '.azl3', with_luck: '1' },
  recipe: 'recipe',
  workerDigest: hex('a'),
  installed: [],
};

const namingRelease = ['lib = 1:2.0-3', '(gcc >= 12.2.0-14 if lib)'];

/** Packages that between them have every component of a key. */
export const keyInputs: Readonly<Record<string, KeyInput>> = {
  'of nothing': plainInput,
  'with includes, sources, patches and a macro': {
    ...plainInput,
    spec: {
      ...plainSpec,
      includes: [
        { name: 'app.inc', digest: hex('b') },
        { name: 'common.macros', digest: hex('c') },
      ],
      sources: [
        { name: 'app-1.0.tar.gz', url: 'https://example.org/app-1.0.tar.gz', kind: 'source', number: 0 },
        { name: 'unsigned.txt', kind: 'source', number: 1 },
        { name: 'fix.patch', kind: 'patch', number: 0 },
      ],
      macrosNamed: ['dist', 'name'],
    },
    sources: { 'app-1.0.tar.gz': hex('d'), 'fix.patch': hex('e'), 'of-another.txt': hex('f') },
  },
  'with a build root': { ...plainInput, installed: [gcc, lib] },
  'that sees the releases that it names': {
    ...plainInput,
    spec: { ...plainSpec, buildRequires: namingRelease },
    installed: [gcc, lib, systemd],
  },
  'that names a release by what an RPM provides': {
    ...plainInput,
    spec: { ...plainSpec, buildRequires: ['cpp = 4-1', 'lib >= 2.0'] },
    installed: [gcc, lib],
  },
  'that asks for all releases': {
    ...plainInput,
    spec: { ...plainSpec, queriesRpmDatabase: true },
    installed: [gcc, lib, systemd],
  },
  'of another architecture': { ...plainInput, arch: 'aarch64', installed: [lib] },
  'with a name that is not ASCII': {
    ...plainInput,
    spec: { ...plainSpec, includes: [{ name: 'größe.inc', digest: hex('0') }] },
  },
};

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
  version: 1,
  suite: 'debian 12',
  arch: 'x86_64',
  packages: [...debs],
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

/** A config as the example distribution has it, and one with all that shapes an image. */
export const imageConfigs: Readonly<Record<string, unknown>> = {
  minimal: {
    Disks: [
      {
        PartitionTableType: 'gpt',
        MaxSize: 1024,
        Artifacts: [
          { Name: 'minimal', Type: 'raw' },
          { Name: 'minimal', Type: 'qcow2' },
        ],
        Partitions: [
          { ID: 'esp', Flags: ['esp', 'boot'], Start: 1, End: 9, FsType: 'fat32' },
          { ID: 'rootfs', Start: 9, End: 0, FsType: 'ext4' },
        ],
      },
    ],
    SystemConfigs: [
      {
        Name: 'minimal',
        BootType: 'efi',
        Hostname: 'example',
        PackageLists: ['packagelists/base.json'],
        KernelOptions: { default: 'kernel' },
        KernelCommandLine: { ExtraCommandLine: 'console=tty0 console=ttyS0' },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi', MountOptions: 'umask=0077' },
          { ID: 'rootfs', MountPoint: '/' },
        ],
        AdditionalFiles: { 'files/example.sh': '/etc/profile.d/example.sh' },
        PostInstallScripts: [{ Path: 'scripts/text-mode.sh' }],
        Users: [{ Name: 'root', Password: 'example' }],
      },
    ],
  },
  full: {
    Disks: [
      {
        PartitionTableType: 'gpt',
        MaxSize: 2048,
        Artifacts: [{ Type: 'qcow2' }],
        Partitions: [
          { ID: 'esp', Name: 'efi', Flags: ['esp'], Start: 1, End: 65, FsType: 'fat32' },
          { ID: 'boot', Name: 'boot', Start: 65, End: 321, FsType: 'ext4', Type: 'xbootldr' },
          { ID: 'rootfs', Name: 'root', Start: 321, End: 1800, FsType: 'ext4', Type: 'linux-root-amd64' },
          {
            ID: 'data',
            Start: 1800,
            FsType: 'ext4',
            TypeUUID: '0fc63daf-8483-4772-8e79-3d69d8477de4',
          },
        ],
      },
    ],
    SystemConfigs: [
      {
        Name: 'all of it',
        BootType: 'efi',
        Hostname: 'some-host',
        Packages: ['bash', 'lib=2.0'],
        KernelCommandLine: { ExtraCommandLine: "quiet title='x'" },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi', MountIdentifier: 'uuid' },
          { ID: 'boot', MountPoint: '/boot', MountIdentifier: 'partlabel' },
          { ID: 'rootfs', MountPoint: '/', MountOptions: 'noatime', MountIdentifier: 'uuid' },
          { ID: 'data', MountPoint: '/var/lib/data' },
        ],
        AdditionalFiles: { a: '/etc/a', b: [{ Path: '/etc/b', Permissions: '0600' }] },
        PostInstallScripts: [{ Path: 'p.sh', Args: 'one two' }],
        FinalizeImageScripts: [{ Path: 'f.sh' }],
        Groups: [{ Name: 'staff', GID: '1500' }, { Name: 'crew' }],
        Users: [
          {
            Name: 'somebody',
            UID: '1500',
            Password: '$6$salt$hash',
            PasswordHashed: true,
            PasswordExpiresDays: -1,
            SSHPubKeys: ['ssh-ed25519 A'],
            SSHPubKeyPaths: ['k.pub'],
            PrimaryGroup: 'staff',
            SecondaryGroups: ['crew'],
            StartupCommand: '/bin/bash',
            HomeDirectory: '/home/some',
          },
          { Name: 'root' },
        ],
      },
    ],
  },
};

const file = (name: string, letter: string, executable = false): NamedFile => ({
  name,
  path: `/host/${name}`,
  executable,
  sha256: hex(letter),
});

/** The files that the configs name. */
export const named: Readonly<Record<string, NamedFiles>> = {
  minimal: {
    requestedPackages: [],
    additional: [file('files/example.sh', 'a')],
    postInstall: [file('scripts/text-mode.sh', 'b', true)],
    finalize: [],
    sshKeys: [[]],
  },
  full: {
    requestedPackages: [],
    additional: [file('a', 'a', true), file('b', 'b')],
    postInstall: [file('p.sh', 'c', true)],
    finalize: [file('f.sh', 'd')],
    sshKeys: [['ssh-ed25519 B'], []],
  },
};

export const imagePackages: readonly ImagePackage[] = [
  { origin: 'local', rpm: release },
  { origin: 'toolchain', rpm: systemd },
  { origin: 'repository', rpm: lib },
];

export const bootTools = { kernelRelease: '6.1.0-40-amd64', grubMkimage: '/usr/bin/grub2-mkimage' };

export const result: Result = {
  schema: 'azl/result',
  version: 1,
  package: 'lib',
  key: hex('a'),
  components: { schema: '1', spec: hex('9'), 'installed:gcc.x86_64': hex('2') },
  srpm: { file: 'lib-2.0-3.src.rpm', size: 5, shipDigest: hex('b') },
  rpms: [lib, { ...lib, file: 'lib-debuginfo-2.0-3.x86_64.rpm', name: 'lib-debuginfo', arch: 'x86_64' }],
  seconds: 12.5,
  parts: { srpm: 0.5, builddep: 2, build: 10 },
};

export const image: ImageJson = {
  schema: 'azl/image',
  version: 1,
  name: 'minimal-3.1',
  system: 'minimal',
  key: hex('c'),
  components: { recipe: '2', worker: hex('a') },
  files: [{ file: 'minimal-3.1.raw', type: 'raw', size: 4, sha256: hex('d') }],
  packages: [{ file: release.file, origin: 'local', sha256: release.shipDigest }],
  boot: { rootOffset: 9437184, bootOffset: 9437184, kernel: '/boot/vmlinuz-6.1' },
};

export const verdict: Verdict = {
  passed: true,
  state: 'running',
  failed: [],
  seconds: 42.5,
  reason: '',
  acceleration: 'tcg',
};

/** What a shard tells: of a result, and of a failure. */
export const reports: readonly PackageReport[] = [
  {
    package: 'lib',
    key: hex('a'),
    state: 'built',
    reason: 'spec changed',
    seconds: 12.5,
    started: 1_796_000_000.5,
    ended: 1_796_000_013,
    shard: 2,
    lines: [],
    result,
    artifact: 'azl-result-1-2-1',
    id: 10,
    stored: 'without-debug',
  },
  {
    package: 'app',
    key: null,
    state: 'failed',
    reason: '%build failed',
    seconds: 3,
    shard: 2,
    lines: ['error: x'],
  },
];
