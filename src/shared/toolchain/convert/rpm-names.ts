import { hostArchitecture } from '../../base/architectures.ts';
import { order } from '../../base/order.ts';
import type { Evr } from '../../rpm/version.ts';

const { debian, efi } = hostArchitecture;
/** The GNU triplet as it stands in package names. */
const triplet = hostArchitecture.triplet.replace('_', '-');

/**
 * The names of RPMs, and patterns of the Debian packages that become each of them. Several Debian packages become one RPM
 * where one spec builds the same files, so that its RPM replaces all of them at once. The first pattern that matches
 * counts. The RPM has the version of its first part in the order of the pattern.
 */
const rules = pairs(String.raw`
  glibc=libc6|libc-bin  glibc-devel=libc6-dev|libc-dev-bin
  kernel-headers=linux-libc-dev
  kernel=linux-(image|modules|binary|image-unsigned|modules-extra|image-signed)-.*
  libgcc=libgcc-s1|gcc-[0-9]+-base  libstdc++=libstdc\+\+6  libstdc++-devel=libstdc\+\+-[0-9]+-dev
  libgomp=libgomp1  libatomic=libatomic1  libitm=libitm1  libquadmath=libquadmath0
  gcc-c++=g\+\+(-[0-9]+)?(-${triplet})?
  gcc=gcc(-[0-9]+)?(-${triplet})?|cpp(-[0-9]+)?(-${triplet})?|libgcc-[0-9]+-dev|libcc1-0
  binutils=binutils(-common|-${triplet})?|libbinutils|libctf0|libctf-nobfd0|libgprofng0|libsframe[0-9]+
  zlib=zlib1g  zlib-devel=zlib1g-dev  bzip2-libs=libbz2-1\.0  bzip2-devel=libbz2-dev
  xz=xz-utils  xz-libs=liblzma5  xz-devel=liblzma-dev  zstd-libs=libzstd1  zstd-devel=libzstd-dev
  lz4-libs=liblz4-1  lz4-devel=liblz4-dev
  ncurses=ncurses-bin|ncurses-base  ncurses-libs=libtinfo6|libncurses6|libncursesw6
  ncurses-devel=libncurses-dev|libncurses5-dev|libncursesw5-dev|libtinfo-dev
  readline=libreadline[0-9]+|readline-common  readline-devel=libreadline-dev
  libattr=libattr1  libattr-devel=libattr1-dev  libacl=libacl1  libacl-devel=libacl1-dev
  libcap=libcap2|libcap2-bin  libcap-devel=libcap-dev  libcap-ng=libcap-ng0
  expat-libs=libexpat1  expat-devel=libexpat1-dev  libffi=libffi[0-9]+  libffi-devel=libffi-dev
  pcre2=libpcre2-(8|16|32)-0|libpcre2-posix[0-9]+  pcre2-devel=libpcre2-dev
  gmp=libgmp10|libgmpxx4ldbl  gmp-devel=libgmp-dev  mpfr=libmpfr6  mpfr-devel=libmpfr-dev
  libmpc=libmpc3  libmpc-devel=libmpc-dev  isl=libisl[0-9]+
  libxcrypt=libcrypt1  libxcrypt-devel=libcrypt-dev  openssl-libs=libssl3  openssl-devel=libssl-dev
  pam=libpam0g|libpam-modules|libpam-modules-bin  pam-devel=libpam0g-dev
  libxml2=libxml2|libxml2-[0-9]+|libxml2-utils  libxml2-devel=libxml2-dev  popt=libpopt0  popt-devel=libpopt-dev
  sqlite=sqlite3  sqlite-libs=libsqlite3-0  sqlite-devel=libsqlite3-dev
  gdbm-libs=libgdbm6|libgdbm-compat4  gdbm-devel=libgdbm-dev
  lua=lua5\.4  lua-libs=liblua5\.4-0  lua-devel=liblua5\.4-dev  tcl=tcl|tcl[0-9.]+|libtcl[0-9.]+
  expect=expect|tcl-expect  pkgconf=pkgconf|pkgconf-bin|libpkgconf[0-9]+  autotools-dev=autotools-dev
  krb5=libkrb5-3|libgssapi-krb5-2|libk5crypto3|libkrb5support0|libgssrpc4|libkadm5(clnt|srv)-mit[0-9]+|libkdb5-[0-9]+
  krb5-devel=libkrb5-dev|krb5-multidev  keyutils-libs=libkeyutils1
  libtirpc=libtirpc3|libtirpc-common  libsemanage=libsemanage2|libsemanage-common
  nettle=libnettle[0-9]+|libhogweed[0-9]+  p11-kit=libp11-kit0  json-c=libjson-c[0-9]+  jansson=libjansson4
  cryptsetup-libs=libcryptsetup[0-9]+  device-mapper=dmsetup  device-mapper-libs=libdevmapper1.*
  iptables-libs=libxtables[0-9]+|libip4tc[0-9]+|libip6tc[0-9]+  libpng=libpng16-16  freetype=libfreetype6
  brotli=libbrotli1  xxhash-libs=libxxhash0  libtasn1-devel=libtasn1-6-dev
  efivar-libs=libefivar1|libefiboot1  file-libs=libmagic1|libmagic-mgc  file-devel=libmagic-dev
  which=debianutils  shadow-utils=passwd
  util-linux=util-linux|mount|bsdutils|fdisk|eject|util-linux-extra|bsdextrautils|libfdisk1
  util-linux-libs=libblkid1|libmount1|libuuid1|libsmartcols1
  util-linux-devel=(libblkid|libmount|uuid|libsmartcols|libfdisk)-dev
  e2fsprogs=e2fsprogs|logsave  e2fsprogs-libs=libext2fs2|libss2|libcom-err2  e2fsprogs-devel=libext2fs-dev|comerr-dev|ss-dev
  procps-ng=procps|libproc2-0  procps-ng-devel=libproc2-dev|libprocps-dev
  elfutils-libs=libdw1|libasm1  elfutils-libelf=libelf1  elfutils-libelf-devel=libelf-dev
  elfutils-devel=libdw-dev|libasm-dev  debuginfod-client=libdebuginfod1|libdebuginfod-common
  perl-XML-SAX-Base=libxml-sax-base-perl  perl-XML-SAX=libxml-sax-perl  perl-XML-LibXML=libxml-libxml-perl
  perl-XML-NamespaceSupport=libxml-namespacesupport-perl  perl-Text-Unidecode=libtext-unidecode-perl
  perl-gettext=liblocale-gettext-perl
  perl=perl|perl-base|perl-modules-5\.[0-9]+|libperl5\.[0-9]+
  python3=python3|python3-minimal|python3-(distutils|lib2to3)|python3\.[0-9]+|python3\.[0-9]+-minimal|libpython3-stdlib|libpython3\.[0-9]+-(minimal|stdlib)
  python3-devel=python3-dev|python3\.[0-9]+-dev|libpython3-dev|libpython3\.[0-9]+-dev|libpython3\.[0-9]+
  rpm=rpm|rpm-common|rpm2cpio  rpm-libs=librpm[0-9]+|librpmio[0-9]+
  rpm-build-libs=librpmbuild[0-9]+|librpmsign[0-9]+  rpm-devel=librpm-dev  fsverity-utils-devel=libfsverity-dev
  systemd=systemd|systemd-sysv|libsystemd-shared  systemd-udev=udev  systemd-libs=libsystemd0|libudev1
  systemd-pam=libpam-systemd  systemd-nss=libnss-systemd  systemd-devel=libsystemd-dev|libudev-dev
  systemd-boot=systemd-boot-efi
  dbus=dbus|dbus-bin|dbus-daemon|dbus-session-bus-common|dbus-system-bus-common  dbus-libs=libdbus-1-3
  dbus-devel=libdbus-1-dev  kmod-libs=libkmod2  kmod-devel=libkmod-dev
  dracut=dracut|dracut-core|dracut-install  grub2=grub-common  grub2-efi-binary=grub-efi-${debian}-bin
  iproute=iproute2  iputils=iputils-ping  libselinux=libselinux1  libselinux-devel=libselinux1-dev
  libsepol=libsepol2  libsepol-devel=libsepol-dev  libseccomp=libseccomp2
  gettext=gettext|gettext-base|autopoint  gettext-libs=libgettextpo0|libtextstyle0v5  groff=groff-base|groff
  libltdl=libltdl7  libltdl-devel=libltdl-dev  flex-libs=libfl2  flex-devel=libfl-dev
  info=info|install-info  libtool=libtool|libtool-bin
  audit-libs=libaudit1|libaudit-common  audit-devel=libaudit-dev|libauparse-dev
  curl-libs=libcurl[0-9]+  curl-devel=libcurl4-openssl-dev  libarchive=libarchive13|libarchive-tools
  libxslt=libxslt1\.1|xsltproc  libxslt-devel=libxslt1-dev  docbook-dtd-xml=docbook-xml
  docbook-style-xsl=docbook-xsl  gtk-doc=gtk-doc-tools  gnupg2=gpg|gpgv|gpgconf
  nghttp2-devel=libnghttp2-dev  libssh2=libssh2-1  libssh2-devel=libssh2-1-dev
  libgcrypt=libgcrypt20  libgcrypt-devel=libgcrypt20-dev  libassuan=libassuan[0-9]+
  gnutls=libgnutls30|libgnutls-dane0  gnutls-devel=libgnutls28-dev
  cyrus-sasl-lib=libsasl2-2|libsasl2-modules-db  openldap-libs=libldap-2\.5-0|libldap2|libldap-common
  cmake=cmake|cmake-data  cmake-gui=cmake-qt-gui
  glib=libglib2\.0-0|libglib2\.0-data|libglib2\.0-bin  glib-devel=libglib2\.0-dev|libglib2\.0-dev-bin
  gobject-introspection=gobject-introspection|libgirepository-1\.0-1|gir1\.2-glib-2\.0|gir1\.2-freedesktop
  gdk-pixbuf2=libgdk-pixbuf-2\.0-0|libgdk-pixbuf2\.0-bin|libgdk-pixbuf2\.0-common
  gobject-introspection-devel=libgirepository1\.0-dev
`).map(([rpm, parts]) => ({ rpm, parts, pattern: new RegExp(`^(?:${parts})$`) }));

/** Names that RPM's users have for a converted package, besides its own, Debian's, and `/bin/x`. */
const alsoKnownAs = pairs(`
  bash=/bin/sh
  glibc=glibc-common,glibc-minimal-langpack,glibc-iconv,glibc-lang,rtld(GNU_HASH)
  glibc-devel=glibc-headers,glibc-static  gcc=cpp,libgcc-devel,libgcc-atomic,libgomp-devel,libbacktrace-static
  libstdc++-devel=libstdc++-static  gcc-c++=g++,gcc-g++  kernel-headers=glibc-kernheaders
  zstd-libs=libzstd  zstd-devel=libzstd-devel  libattr-devel=attr-devel  libacl-devel=acl-devel
  util-linux=util-linux-ng,hardlink,uuidd
  util-linux-libs=libuuid,libblkid,libmount,libsmartcols
  util-linux-devel=libuuid-devel,libblkid-devel,libmount-devel,libsmartcols-devel  e2fsprogs-libs=libcom_err,libss
  pkgconf=pkgconfig,pkg-config,pkgconf-pkg-config,pkgconf-m4
  perl=cpan,perl-interpreter,perl-devel,perl-libs,perl-macros,perl-generators,perl-core,perl-utils,perl-tests,perl-ph,perl-base
  perl=perl-PathTools,perl-Scalar-List-Utils,perl-podlators,perl-IO-Compress,perl-libnet,perl-Text-Tabs+Wrap,perl-Test-Simple
  python3=python3-libs,/usr/bin/python3,python3-xml,python3-curses,python3-test,python3-tools,python-sqlite  rpm=rpm-build,rpmdevtools  rpm-build-libs=rpm-sign-libs
  shadow-utils=shadow,passwd  procps-ng=procps  systemd=systemd-sysv,systemd-shared,systemd-units
  systemd-udev=udev  systemd-devel=libudev-devel,systemd-bootstrap-devel
  iproute=iproute2
  grub2=grub2-tools,grub2-tools-minimal  grub2-efi-binary=grub2-efi-${efi},grub2-efi-${efi}-modules
  ninja-build=ninja  gettext=gettext-devel,gettext-common-devel,gettext-tools
  glib=glib2,glib-schemas,glib2-schemas  glib-devel=glib2-devel,glib2-static  krb5=krb5-libs  libxml2=libxml2-tools,libxml-tools
  libxslt=libxslt-tools  curl-libs=libcurl  curl-devel=libcurl-devel  libltdl=libtool-ltdl  libltdl-devel=libtool-ltdl-devel
  openldap-libs=openldap  libnghttp2=nghttp2  libarchive=bsdtar  cmake=cmake3,cmake-filesystem,cmake-rpm-macros
  elfutils-libs=libdw  elfutils-libelf=libelf  elfutils-libelf-devel=libelf-devel  file-libs=libmagic
  ncurses=ncurses-base  dracut=dracut-core  systemd-boot=systemd-boot-unsigned
  lua-devel=lua-static
`);

/**
 * Returns the name of the RPM for Debian package `deb`, from the table or by rule: `-dev` becomes `-devel`; the number of
 * a soname and the `t64` of Debian 13 are dropped (`libicu72` becomes `libicu`). Pure.
 */
export function rpmName(deb: string): string {
  const plain = withoutT64(deb);
  return (
    ruleFor(plain)?.rpm ??
    plain
      .replace(/^lib(.+)-ocaml(?=$|-dev$)/, 'ocaml-$1')
      .replace(/-dev$/, '-devel')
      .replace(/^(lib(?:.*[a-z0-9])?[a-z]\d*)-\d+$|^(lib.*[a-z])\d[\d.]*$/, '$1$2')
  );
}

/** Returns the other names of RPM `name`, sorted: those of the table, and `foo-devel` for `libfoo-devel`. Pure. */
export function aliases(name: string): string[] {
  const known = alsoKnownAs.flatMap(([rpm, names]) => (rpm === name ? names.split(',') : []));
  const short = /^lib(.+-devel)$/.exec(name)?.[1] ?? [];
  return [...new Set(known.concat(short))].sort();
}

/**
 * Returns the parts of an RPM in the order in which they may give it its version: by the pattern, then the shortest name
 * (the version of a meta package counts less), then by name. Pure.
 */
export function primaryFirst(parts: readonly string[]): string[] {
  const rank = (deb: string) => {
    const plain = withoutT64(deb);
    const parts = topLevel(ruleFor(plain)?.parts ?? '.*');
    return parts.findIndex((part) => new RegExp(`^(?:${part})$`).test(plain));
  };
  return [...parts].sort((a, b) => rank(a) - rank(b) || a.length - b.length || order(a, b));
}

const withoutT64 = (deb: string) => deb.replace(/t64(?=$|-)/, '');

const ruleFor = (plain: string) => rules.find(({ pattern }) => pattern.test(plain));

/** Splits a pattern at the bars outside parentheses, which are never nested. */
function topLevel(pattern: string): string[] {
  return pattern.split(/\|(?![^(]*\))/);
}

/** Parses a table of `name=value`, separated by blanks. */
function pairs(table: string): [name: string, value: string][] {
  return Array.from(table.matchAll(/(\S+?)=(\S+)/g), ([, name = '', value = '']) => [name, value]);
}

/**
 * Epochs that requirements of RPMs count on: no version without one satisfies `perl >= 1:5.8.1`, or `perl >= 5.008001`,
 * which rpm takes for a minor version of 8001.
 */
const epochs: Readonly<Record<string, number>> = {
  ...{ perl: 4, 'perl-interpreter': 4, 'perl-devel': 4 },
  'java-headless': 1,
  'java-devel': 1,
};

/** Returns the version that another name of a converted package has. Pure. */
export function aliasVersion<T extends Evr>(alias: string, version: T): T {
  return { ...version, epoch: epochs[alias] ?? version.epoch };
}

/** True for a converted package of which requirements count on another epoch than Debian's. Pure. */
export function hasOtherEpoch(name: string): boolean {
  return epochs[name] !== undefined;
}
