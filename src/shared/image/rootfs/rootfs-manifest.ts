import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { sandboxArguments } from '../../sandbox/arguments.ts';
import { transactionHelper } from '../../sandbox/transaction.ts';
import type { ImageConfig } from '../config/config.ts';
import type { NamedFile, NamedFiles } from '../config/named-files.ts';
import { cleared, emptied, obsoleteFiles } from '../config/obsolete-files.ts';
import { type Layout, treeOf } from '../disk/layout.ts';
import type { BootTools } from '../packages/boot-tools.ts';
import type { ImagePackage } from '../packages/choose-packages.ts';
import { type Account, accountOf } from './accounts.ts';
import { fstab, grubConfig, grubEmbeddedConfig } from './boot-files.ts';
import { bootPrograms, efiProgram, firstPrograms, grubImage, type Program } from './programs.ts';

/** The image's root in the sandbox. The trees that are taken out of it lie beside it. */
export const innerRoot = '/work/root';

/** The root filesystem that is to be made, as plain data. */
export interface RootfsManifest {
  /** Seconds since 1970: the newest time in an image, and the present for all programs that make it. */
  epoch: number;
  /** Text of the helper that installs packages. */
  transaction: string;
  /** Texts of the helpers beside this file, by file name. */
  helpers: Record<string, string>;
  /** Environment of the image's programs, added to the sandbox's own. */
  environment: Record<string, string>;
  /** Arguments of bubblewrap for the image's programs. */
  sandbox: string[];
  /** Texts to write, by path. */
  texts: Record<string, string>;
  groups: { name: string; gid: number | null }[];
  users: Account[];
  files: { target: string; mode: number; sha256: string }[];
  /** Run in this order, after the packages are installed: `first`, `postInstall`, `boot`, `finalize`. */
  first: Program[];
  postInstall: Script[];
  boot: Program[];
  finalize: Script[];
  /** Removed at the end: see `obsolete-files.ts`. */
  emptied: readonly string[];
  cleared: readonly string[];
  obsoleteFiles: readonly string[];
  /** Trees that become filesystems of their own. A tree comes before the one that holds it. */
  parts: Part[];
}

/** A script of the config. Its file lies at `target` in the image while it runs. */
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
  /** Files to copy into it: path in the part → path in the sandbox. */
  extra: Record<string, string>;
}

const helpers: Record<string, string> = {
  'tree.py': readFileSync(new URL('./tree.py', import.meta.url), 'utf8'),
  'accounts.py': readFileSync(new URL('./accounts.py', import.meta.url), 'utf8'),
  'configure.py': readFileSync(new URL('./configure.py', import.meta.url), 'utf8'),
  'finish.py': readFileSync(new URL('./finish.py', import.meta.url), 'utf8'),
};

/** Builds the root filesystem's part of an image manifest. Pure. */
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
      '/boot/grub2/early.cfg': grubEmbeddedConfig(layout),
    },
    groups: system.groups.map(({ name, gid }) => ({ name, gid: gid ?? null })),
    users: system.users.map((user, index) => accountOf(user, options.seed, named.sshKeys[index] ?? [])),
    files: system.additionalFiles.map(({ target, mode }, index) => {
      const { executable, sha256 } = named.additional[index] as NamedFile;
      // The rest of the file's own mode depends on the umask of whoever made the checkout.
      return { target, mode: mode ?? (executable ? 0o755 : 0o644), sha256 };
    }),
    first: firstPrograms(has),
    postInstall: system.postInstallScripts.map(({ args }, index) => script(named.postInstall[index], args)),
    boot: bootPrograms(has, tools, images),
    finalize: system.finalizeImageScripts.map(({ args }, index) => script(named.finalize[index], args)),
    ...{ emptied, cleared, obsoleteFiles },
    parts: partsOf(layout),
  };
}

/** Returns the config's values in files that every system has. Pure. */
export function systemTexts({ system }: ImageConfig): Record<string, string> {
  const { hostname } = system;
  const ownName = hostname === '' ? '' : `127.0.1.1 ${hostname}\n`;
  return {
    // Empty: the first boot makes one, without the questions of systemd-firstboot.
    '/etc/machine-id': '',
    '/etc/hosts': `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${ownName}`,
    ...(hostname === '' ? {} : { '/etc/hostname': `${hostname}\n` }),
  };
}

/** A script that its owner may run is started directly, any other by the shell. */
function script(file: NamedFile | undefined, args: string): Script {
  const { path, executable, sha256 } = file as NamedFile;
  const target = `/tmp/${basename(path)}`;
  const given = args.split(/\s+/).filter((word) => word !== '');
  return { target, argv: [...(executable ? [] : ['/bin/sh']), target, ...given], sha256 };
}

function partsOf(layout: Layout): Part[] {
  const parts = layout.partitions.filter((partition) => partition.mountPoint !== '/');
  // Deepest first: a tree is taken out before the one that holds it.
  const depth = (mountPoint: string) => mountPoint.split('/').length;
  parts.sort((a, b) => depth(b.mountPoint) - depth(a.mountPoint) || a.number - b.number);
  return parts.map((partition): Part => {
    const { id, mountPoint, format, isEsp } = partition;
    const extra: Part['extra'] = isEsp ? { [efiProgram]: `${innerRoot}${grubImage}` } : {};
    return { id, mountPoint, folder: `/work/${treeOf(partition)}`, fat: format === 'fat', extra };
  });
}
