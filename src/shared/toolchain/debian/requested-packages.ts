import { hostArchitecture } from '../../base/architectures.ts';
import { splitAtBlanks } from '../../base/split-at-blanks.ts';
import type { Alternatives } from './closure.ts';

const { debian } = hostArchitecture;

const named = (text: string): Alternatives[] => splitAtBlanks(text).map((word) => word.split('|'));

/**
 * Debian packages that make up the worker, with their dependencies. `a|b`: the first that the host's lists hold. They hold
 * what Azure Linux's worker holds (its `pkggen_core_x86_64.txt`), because specs use it without a word. Left out are Java,
 * which specs require by name, and what serves its package manager and its distribution's own set-up.
 */
export const workerPackages: readonly Alternatives[] = named(`
  bash coreutils findutils sed grep gawk diffutils tar gzip bzip2 xz-utils zstd unzip cpio patch file m4 hostname
  debianutils util-linux bsdextrautils passwd procps gcc g++ make binutils libc6-dev libc-bin pkgconf|pkg-config
  autoconf automake libtool libtool-bin bison flex gettext autopoint texinfo install-info gtk-doc-tools rpm debugedit dwz
  perl python3 python3-rpm python3-packaging python3-dev python3-setuptools python3-pygments
  lua5.4|lua5.3 ncurses-base ncurses-bin ncurses-term sqlite3 elfutils expat attr e2fsprogs openssl curl ca-certificates
  gpg gpgv libxml2-utils xsltproc docbook-xml docbook-xsl libarchive-tools
  libmagic-dev binutils-dev libgmp-dev libmpfr-dev libmpc-dev libncurses-dev libreadline-dev libattr1-dev libacl1-dev
  libcap-dev libcap-ng-dev libblkid-dev libmount-dev libsmartcols-dev libfdisk-dev uuid-dev libproc2-dev|libprocps-dev
  zlib1g-dev libbz2-dev liblzma-dev libzstd-dev libfl-dev libpopt-dev libsqlite3-dev libelf-dev libdw-dev libexpat1-dev
  libpipeline-dev libgdbm-dev libssl-dev libarchive-dev librpm-dev libext2fs-dev ss-dev libkrb5-dev libnghttp2-dev libssh2-1-dev
  libcurl4-openssl-dev libxml2-dev libltdl-dev libassuan-dev libffi-dev libcrypt-dev
`);

/** Packages that builds may require besides the worker. */
export const buildPackages: readonly Alternatives[] = named(`
  groff help2man tcl expect dejagnu bc ed time rsync meson ninja-build cmake gperf
  liblua5.4-dev|liblua5.3-dev liblz4-dev lz4 acl libpcre2-dev libpam0g-dev libkmod-dev libseccomp-dev libselinux1-dev
  libauparse-dev libsystemd-dev libudev-dev libdbus-1-dev libedit-dev libunistring-dev libtasn1-6-dev
`);

/** Packages for images. */
export const imagePackages: readonly Alternatives[] = named(`
  linux-image-${debian}|linux-image-virtual|linux-image-generic|linux-image-cloud-${debian}
  systemd systemd-sysv udev dbus kmod dracut-core dracut|dracut-core libpam-systemd libnss-systemd
  systemd-boot-efi e2fsprogs dosfstools mtools iproute2 util-linux mount fdisk login passwd
  libpam-modules libpam-modules-bin procps less ncurses-bin ncurses-base iputils-ping
  grub-efi-${debian}-bin grub-common kbd
`);

const matcher = (...names: readonly string[]) => new RegExp(`^(?:${names.join('|')})$`);

/**
 * Matches packages that are never converted: builtin packages replace them, or they serve Debian's package manager and its
 * maintainer scripts, which do not run.
 */
export const neverConverted = matcher(
  'dpkg|dpkg-dev|libdpkg-perl|debconf.*|cdebconf|dash|mawk|base-files|base-passwd|adduser|ucf|usrmerge|usr-is-merged',
  'initramfs-tools.*|linux-initramfs-tool|init-system-helpers|libpam-runtime|linux-base.*|sensible-utils',
  'lsb-base|sysvinit-utils|emacsen-common|openssl-provider-.*|debhelper.*|dh-.*|po-debconf|dbconfig-.*',
  `grub-efi-${debian}-signed|shim-.*|console-setup.*|keyboard-configuration|dictionaries-common|tex-common|texlive.*|alien`,
);

/** Matches packages that the requested ones depend on and do not need. What a spec requires by name is converted all the same. */
const dispensablePackages = matcher(
  'media-types|mailcap|mime-support|tzdata.*|libc-l10n|locales.*|manpages.*|man-db|.*-doc|rpm-i18n',
  'rpcsvc-proto|libnsl-dev|libtirpc-dev|default-.*|lib(a|l|t|hwa)san\\d+|libubsan\\d+',
  'wireless-regdb|firmware-.*|linux-firmware|amd64-microcode|intel-microcode|crda|thermald|linux-headers-.*|linux-tools-.*',
  `grub2-common|grub-efi-${debian}|os-prober|efibootmgr|python3-certifi|libjs-.*|javascript-common|qtbase.*`,
  'dbus-user-session|policykit-1|polkitd|libconfig-tiny-perl|libx11-6|libxaw7|libxmu6|libxt6.*',
);

/** Matches the packages that the base set, of {@link workerPackages} and the others above, does without. */
export const excludedPackages = new RegExp(`${neverConverted.source}|${dispensablePackages.source}`);
