import { hostArchitecture } from '../../base/architectures.ts';
import type { Alternatives } from './closure.ts';

const { debian } = hostArchitecture;

const named = (text: string): Alternatives[] =>
  text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word.split('|'));

/** Debian packages that make up the worker, with their dependencies. `a|b`: the first that the host's lists hold. */
export const workerPackages: readonly Alternatives[] = named(`
  bash coreutils findutils sed grep gawk diffutils tar gzip bzip2 xz-utils zstd unzip cpio patch file m4 hostname
  debianutils util-linux passwd gcc g++ make binutils libc6-dev pkgconf|pkg-config perl
  python3 python3-rpm python3-packaging rpm debugedit elfutils dwz libc-bin ncurses-base procps
`);

/** Packages that builds may require besides the worker. */
export const buildPackages: readonly Alternatives[] = named(`
  autoconf automake libtool bison flex gettext texinfo groff-base help2man tcl expect dejagnu bc ed time rsync
  meson ninja-build python3-dev python3-setuptools lua5.4|lua5.3 liblua5.4-dev|liblua5.3-dev gperf
  zlib1g-dev liblzma-dev libbz2-dev libzstd-dev liblz4-dev lz4 libssl-dev openssl libncurses-dev libreadline-dev
  libcap-dev libacl1-dev acl libattr1-dev attr libexpat1-dev expat libffi-dev libpcre2-dev libgmp-dev libmpfr-dev
  libmpc-dev libcrypt-dev libpam0g-dev libxml2-dev libpopt-dev libsqlite3-dev sqlite3 libgdbm-dev libelf-dev libdw-dev
  libmagic-dev uuid-dev libblkid-dev libmount-dev libkmod-dev libseccomp-dev libselinux1-dev libsystemd-dev
  libudev-dev libdbus-1-dev libedit-dev libunistring-dev libtasn1-6-dev
`);

/** Packages for images. */
export const imagePackages: readonly Alternatives[] = named(`
  linux-image-${debian}|linux-image-virtual|linux-image-generic|linux-image-cloud-${debian}
  systemd systemd-sysv udev dbus kmod dracut-core dracut|dracut-core libpam-systemd libnss-systemd
  systemd-boot-efi e2fsprogs dosfstools mtools iproute2 util-linux mount fdisk login passwd
  libpam-modules libpam-modules-bin procps less ncurses-bin ncurses-base iputils-ping
  grub-efi-${debian}-bin grub-common kbd
`);

/**
 * Matches packages that are not converted: builtin packages replace them, they serve maintainer scripts, which do not
 * run, or nothing needs them.
 */
export const excludedPackages = new RegExp(
  `^(${[
    'dpkg|dpkg-dev|libdpkg-perl|debconf.*|cdebconf|dash|mawk|base-files|base-passwd|adduser|ucf|usrmerge|usr-is-merged',
    'initramfs-tools.*|linux-initramfs-tool|init-system-helpers|libpam-runtime|linux-base.*|sensible-utils|install-info',
    'media-types|mailcap|mime-support|tzdata.*|libc-l10n|locales.*|lsb-base|sysvinit-utils|manpages.*|perl-doc|man-db',
    'ca-certificates|sgml-base|xml-core|emacsen-common|rpcsvc-proto|libnsl-dev|libtirpc-dev|default-.*|openssl-provider-.*',
    'lib(a|l|t|hwa)san\\d+|libubsan\\d+|python3-(distutils|lib2to3|pkg-resources-doc)|gettext-doc|debhelper.*|bsdextrautils',
    'wireless-regdb|firmware-.*|linux-firmware|amd64-microcode|intel-microcode|crda|thermald|linux-headers-.*|linux-tools-.*',
    `grub-common-doc|grub2-common|grub-efi-${debian}|grub-efi-${debian}-signed|shim-.*|os-prober|efibootmgr|console-setup.*|keyboard-configuration`,
    'python3-certifi|libjs-.*|javascript-common|cmake.*|qtbase.*|dbus-user-session|policykit-1|polkitd',
    'libicu-dev|tex-common|texlive.*|libconfig-tiny-perl|rpm-i18n|alien',
  ].join('|')})$`,
);
