import { accessSync, constants } from 'node:fs';
import { hostArchitecture } from '../base/architectures.ts';
import { plainEnvironment } from './process.ts';

/** How a need is met: one of `files` exists, or the command does. Else the first of `packages` in the host's lists is installed. */
interface Way {
  files?: readonly string[];
  /** The command, where the need has another name. */
  command?: string;
  packages: readonly string[];
}

/** Pythons of Debian 12, Ubuntu 24.04 and Debian 13. */
const pythons = ['311', '312', '313'];

/** Everything that azl needs of its host, and where Debian and Ubuntu have it. A need without `files` is a command. */
export const ways = {
  rpm: { packages: ['rpm'] },
  rpmbuild: { packages: ['rpm'] },
  createrepo_c: { packages: ['createrepo-c'] },
  bwrap: { packages: ['bubblewrap'] },
  'python3-solv': { files: ['/usr/lib/python3/dist-packages/solv.py'], packages: ['python3-solv'] },
  python3: { files: ['/usr/bin/python3'], packages: ['python3'] },
  QEMU: { command: hostArchitecture.qemu.program, packages: [hostArchitecture.qemu.package] },
  'qemu-img': { packages: ['qemu-utils'] },
  'qemu-io': { packages: ['qemu-utils'] },
  'OVMF firmware': {
    files: ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd'],
    packages: ['ovmf'],
  },
  mcopy: { packages: ['mtools'] },
  'mkfs.vfat': { packages: ['dosfstools'] },
  mke2fs: { packages: ['e2fsprogs'] },
  debugfs: { packages: ['e2fsprogs'] },
  openssl: { packages: ['openssl'] },
  sfdisk: { packages: ['fdisk', 'util-linux'] },
  'dpkg-deb': { packages: ['dpkg'] },
  tar: { packages: ['tar'] },
  xz: { packages: ['xz-utils'] },
  zstd: { packages: ['zstd'] },
  setpriv: { packages: ['util-linux', 'setpriv'] },
  unshare: { packages: ['util-linux'] },
  prlimit: { packages: ['util-linux'] },
  flock: { packages: ['util-linux'] },
  setsid: { packages: ['util-linux'] },
  dnf: { packages: ['dnf'] },
  sudo: { packages: ['sudo'] },
  strace: { packages: ['strace'] },
  debootstrap: { packages: ['debootstrap'] },
  git: { packages: ['git'] },
  gpg: { packages: ['gpg'] },
  'gpg-agent': { packages: ['gpg-agent'] },
  go: { packages: ['golang-go'] },
  'python3-venv': {
    files: pythons.map((version) => `/usr/lib/python3.${version.slice(1)}/ensurepip`),
    packages: ['python3-venv'],
  },
  'python3-seccomp': {
    files: pythons.map(
      (version) => `/usr/lib/python3/dist-packages/seccomp.cpython-${version}-${hostArchitecture.triplet}.so`,
    ),
    packages: ['python3-seccomp'],
  },
  'CA certificates': { files: ['/etc/ssl/certs/ca-certificates.crt'], packages: ['ca-certificates'] },
} as const satisfies Record<string, Way>;

export type Need = keyof typeof ways;

/** The needs of each part of the main job. */
export const needs = {
  toolchain: [
    ...['rpm', 'rpmbuild', 'bwrap', 'python3', 'dpkg-deb', 'tar', 'xz', 'zstd'],
    ...['setpriv', 'prlimit', 'unshare', 'flock', 'setsid'],
  ],
  packages: ['python3-solv', 'createrepo_c', 'CA certificates'],
  image: ['mcopy', 'mkfs.vfat', 'mke2fs', 'debugfs', 'sfdisk', 'qemu-img', 'openssl'],
  boot: ['QEMU', 'qemu-io', 'OVMF firmware'],
  /** Repositories whose metadata is signed. */
  repositories: ['gpg'],
  /** For tests alone: another solver and filter, a user who is not root, keys that sign, and what programs open. */
  tests: ['dnf', 'python3-seccomp', 'sudo', 'gpg-agent', 'strace'],
} as const satisfies Record<string, readonly Need[]>;

/** The folders of commands; `sbin` is not on every user's PATH. */
const commandDirs = (plainEnvironment['PATH'] as string).split(':');

/** True when the file exists and, for a command, may be executed. */
function onThisHost(path: string, executable: boolean): boolean {
  try {
    accessSync(path, executable ? constants.X_OK : constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns those of `wanted` that the host lacks, in the same order, each once. */
export function missingNeeds(wanted: readonly Need[], exists = onThisHost): Need[] {
  return [...new Set(wanted)].filter((need) => {
    const way: Way = ways[need];
    if (way.files !== undefined) return !way.files.some((file) => exists(file, false));
    return !commandDirs.some((dir) => exists(`${dir}/${way.command ?? need}`, true));
  });
}
