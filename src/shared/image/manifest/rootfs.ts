import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { sandboxArguments } from '../../sandbox/sandbox.ts';
import { transactionHelper } from '../../sandbox/transaction.ts';
import type { ImageConfig } from '../config/config.ts';
import type { NamedFile, NamedFiles } from '../config/named-files.ts';
import { type Account, accountOf } from './accounts.ts';
import { fstab, grubConfig, grubEarlyConfig } from './boot-files.ts';
import { type Layout, treeOf } from './layout.ts';
import { cleared, emptied, obsoleteFiles } from './obsolete-files.ts';
import type { BootTools, ImagePackage } from './packages.ts';
import { bootPrograms, firstPrograms, grubImage, type Program } from './programs.ts';

/** Where an image's root lies inside the sandbox, and beside it the trees that are taken out of it. */
export const innerRoot = '/work/root';

/** How the content of an image is made: plain data, decided before anything is done. */
export interface RootfsManifest {
  /** Seconds since 1970: the newest time in an image, and the present for all that makes it. */
  epoch: number;
  /** Our programs that run in the sandbox: the one that installs, and by file name those that do the rest. */
  transaction: string;
  helpers: Record<string, string>;
  /** The environment of what runs there, besides the sandbox's own. */
  environment: Record<string, string>;
  /** How a sandbox for programs of the image is made, as bubblewrap's arguments. */
  sandbox: string[];
  /** Texts of the config and for the boot, by path. */
  texts: Record<string, string>;
  groups: { name: string; gid: number | null }[];
  users: Account[];
  files: { target: string; mode: number; sha256: string }[];
  /** What is run: once the packages are installed, then the config's scripts, what makes it boot, and scripts again. */
  first: Program[];
  postInstall: Script[];
  boot: Program[];
  finalize: Script[];
  /** What is removed at the end. */
  emptied: readonly string[];
  cleared: readonly string[];
  litter: readonly string[];
  /** The trees that become filesystems of their own, each before those that it lies in. */
  parts: Part[];
}

/** A script of the config: `argv` in the image, where its file lies at `target`. */
export interface Script {
  target: string;
  argv: string[];
  sha256: string;
}

interface Part {
  id: string;
  mountPoint: string;
  folder: string;
  fat: boolean;
  /** Files of the root that are copied into it: path in the part → path in the sandbox. */
  extra: Record<string, string>;
}

const helpers: Record<string, string> = {
  'tree.py': readFileSync(new URL('../rootfs/tree.py', import.meta.url), 'utf8'),
  'accounts.py': readFileSync(new URL('../rootfs/accounts.py', import.meta.url), 'utf8'),
  'configure.py': readFileSync(new URL('../rootfs/configure.py', import.meta.url), 'utf8'),
  'finish.py': readFileSync(new URL('../rootfs/finish.py', import.meta.url), 'utf8'),
};

/** Decides how the content of an image is made. Pure. */
export function rootfsManifest(options: {
  config: ImageConfig;
  layout: Layout;
  seed: string;
  named: NamedFiles;
  packages: readonly ImagePackage[];
  tools: BootTools;
}): RootfsManifest {
  const { config, layout, named, tools } = options;
  const { system } = config;
  const images = {
    kernel: `vmlinuz-${tools.kernelRelease}`,
    initramfs: `initramfs-${tools.kernelRelease}.img`,
  };
  const files = new Set(options.packages.flatMap(({ rpm }) => rpm.files));
  const has = (path: string) => files.has(path);
  const environment = { SOURCE_DATE_EPOCH: String(sourceDateEpoch) };
  return {
    epoch: sourceDateEpoch,
    transaction: transactionHelper,
    helpers,
    environment,
    sandbox: sandboxArguments([], '', { as: 'root', env: environment, inner: [innerRoot] }),
    texts: {
      ...systemTexts(config),
      '/etc/fstab': fstab(layout),
      '/boot/grub2/grub.cfg': grubConfig(layout, images, system.name, system.kernelCommandLine),
      '/boot/grub2/early.cfg': grubEarlyConfig(layout),
    },
    groups: system.groups.map(({ name, gid }) => ({ name, gid: gid ?? null })),
    users: system.users.map((user, index) => accountOf(user, options.seed, named.sshKeys[index] ?? [])),
    files: system.additionalFiles.map(({ target, mode }, index) => {
      const { executable, sha256 } = named.additional[index] as NamedFile;
      // Of the checkout's own mode, all but this follows from the umask of whoever made it.
      return { target, mode: mode ?? (executable ? 0o755 : 0o644), sha256 };
    }),
    first: firstPrograms(has),
    postInstall: system.postInstallScripts.map(({ args }, index) => script(named.postInstall[index], args)),
    boot: bootPrograms(has, tools, images),
    finalize: system.finalizeImageScripts.map(({ args }, index) => script(named.finalize[index], args)),
    ...{ emptied, cleared, litter: obsoleteFiles },
    parts: partsOf(layout),
  };
}

/** What the config says of the system in files that every system has. Pure. */
export function systemTexts({ system }: ImageConfig): Record<string, string> {
  const texts: Record<string, string> = {
    // Empty: the first boot makes one up, and it is no "first boot" that asks questions.
    '/etc/machine-id': '',
    '/etc/hosts': `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${
      system.hostname === '' ? '' : `127.0.1.1 ${system.hostname}\n`
    }`,
  };
  if (system.hostname !== '') texts['/etc/hostname'] = `${system.hostname}\n`;
  return texts;
}

/** A script is started as it is when its owner may do so, else by the shell. */
function script(file: NamedFile | undefined, args: string): Script {
  const { path, executable, sha256 } = file as NamedFile;
  const target = `/tmp/${basename(path)}`;
  const words = args.split(/\s+/).filter((word) => word !== '');
  return { target, argv: [...(executable ? [] : ['/bin/sh']), target, ...words], sha256 };
}

function partsOf(layout: Layout): Part[] {
  const parts = layout.partitions.filter((partition) => partition.mountPoint !== '/');
  // Deepest first, so that a tree is taken out before the one that it lies in.
  const depth = (mountPoint: string) => mountPoint.split('/').length;
  parts.sort((a, b) => depth(b.mountPoint) - depth(a.mountPoint) || a.number - b.number);
  return parts.map(
    (partition): Part => ({
      id: partition.id,
      mountPoint: partition.mountPoint,
      folder: `/work/${treeOf(partition)}`,
      fat: partition.format === 'fat',
      extra: partition.isEsp ? { 'EFI/BOOT/BOOTX64.EFI': `${innerRoot}${grubImage}` } : {},
    }),
  );
}
