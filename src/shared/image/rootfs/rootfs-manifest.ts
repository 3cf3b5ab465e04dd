import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sourceDateEpoch } from '../../base/source-date-epoch.ts';
import { splitAtBlanks } from '../../base/split-at-blanks.ts';
import { enterArguments } from '../../sandbox/arguments.ts';
import { rootHeaders } from '../../sandbox/installed.ts';
import { transactionHelpers } from '../../sandbox/transaction.ts';
import { grubConfigFile } from '../config/boot-entry.ts';
import type { ImageConfig } from '../config/config.ts';
import type { NamedFile } from '../config/named-file-reader.ts';
import type { NamedFiles } from '../config/named-files.ts';
import { cleared, emptied, obsoleteFiles } from '../config/obsolete-files.ts';
import { type Layout, treeOf } from '../disk/layout.ts';
import type { BootTools } from '../packages/boot-tools.ts';
import type { ImagePackage } from '../packages/choose-packages.ts';
import { accountOf } from './accounts.ts';
import { fstab, grubConfig, grubEmbeddedConfig } from './boot-files.ts';
import { bootPrograms, efiProgram, firstPrograms, grubImage } from './programs.ts';

/** The trees of an image's filesystems, in the sandboxes of helpers and tools. */
export const innerTrees = '/azl/trees';

/** The image's root in the sandboxes of helpers and of rpm. Its own programs have it as `/`. */
export const innerRoot = `${innerTrees}/root`;

/** The root filesystem that is to be made, as plain data. */
export type RootfsManifest = ReturnType<typeof rootfsManifest>;

/** The helpers that configure and finish a root, by file name. The bundler follows literal paths alone. */
export const rootfsHelpers = {
  'tree.py': readFileSync(new URL('./tree.py', import.meta.url), 'utf8'),
  'account_files.py': transactionHelpers['account_files.py'],
  'root_headers.py': rootHeaders,
  'accounts.py': readFileSync(new URL('./accounts.py', import.meta.url), 'utf8'),
  'configure.py': readFileSync(new URL('./configure.py', import.meta.url), 'utf8'),
  'finish.py': readFileSync(new URL('./finish.py', import.meta.url), 'utf8'),
  'installed.py': readFileSync(new URL('./installed.py', import.meta.url), 'utf8'),
};

/** The checked config of an image, and everything that was found for it. */
export interface ManifestInputs {
  config: ImageConfig;
  layout: Layout;
  seed: string;
  named: NamedFiles;
  /** The password hash of each user of the config: see `passwordHashes`. */
  hashes: readonly (string | null)[];
  packages: readonly ImagePackage[];
  tools: BootTools;
}

/** Builds the root filesystem's part of an image manifest. Pure. */
export function rootfsManifest(from: ManifestInputs) {
  const { config, layout, named, hashes, packages, tools } = from;
  const { system } = config;
  const images = {
    kernel: `vmlinuz-${tools.kernelRelease}`,
    initramfs: `initramfs-${tools.kernelRelease}.img`,
  };
  const files = new Set(packages.flatMap(({ rpm }) => rpm.files));
  const has = (path: string) => files.has(path);
  const environment: Record<string, string> = { SOURCE_DATE_EPOCH: String(sourceDateEpoch) };
  return {
    /** Seconds since 1970: the newest time in an image, and the present for all programs that make it. */
    epoch: sourceDateEpoch,
    /** Texts of the helpers that install packages, by file name. */
    transaction: transactionHelpers,
    /** Texts of the helpers beside this file, by file name. */
    helpers: rootfsHelpers,
    /** Environment of the image's programs, added to the sandbox's own. */
    environment,
    /** Arguments of bubblewrap for the image's programs. */
    sandbox: enterArguments([], { root: { tree: '/' }, as: 'root', env: environment }),
    /** Texts to write, by path. */
    texts: {
      ...systemTexts(config),
      '/etc/fstab': fstab(layout),
      [grubConfigFile]: grubConfig(layout, images, system.name, system.kernelCommandLine),
      '/boot/grub2/early.cfg': grubEmbeddedConfig(layout),
    },
    groups: system.groups.map(({ name, gid }) => ({ name, gid: gid ?? null })),
    users: system.users.map((user, index) =>
      accountOf(user, hashes[index] ?? null, named.sshKeys[index] ?? []),
    ),
    files: system.additionalFiles.map(({ target, mode }, index) => {
      const { executable, sha256 } = named.additional[index] as NamedFile;
      // The rest of the file's own mode depends on the umask of whoever made the checkout.
      return { target, mode: mode ?? (executable ? 0o755 : 0o644), sha256 };
    }),
    // Run in this order, after the packages are installed: `first`, `postInstall`, `boot`, `finalize`.
    first: firstPrograms(has),
    postInstall: system.postInstallScripts.map(({ args }, index) => script(named.postInstall[index], args)),
    boot: bootPrograms(has, tools, images),
    finalize: system.finalizeImageScripts.map(({ args }, index) => script(named.finalize[index], args)),
    /** Removed at the end: see `obsolete-files.ts`. */
    ...{ emptied, cleared, obsoleteFiles },
    parts: partsOf(layout),
  };
}

/** Returns the config's values in files that every system has. */
function systemTexts({ system }: ImageConfig): Record<string, string> {
  const { hostname } = system;
  const ownName = hostname === '' ? '' : `127.0.1.1 ${hostname}\n`;
  return {
    // Empty: the first boot makes one, without the questions of systemd-firstboot.
    '/etc/machine-id': '',
    '/etc/hosts': `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${ownName}`,
    ...(hostname === '' ? {} : { '/etc/hostname': `${hostname}\n` }),
  };
}

/** A script of the config. Its file lies at `target` in the image while it runs. */
export type Script = ReturnType<typeof script>;

/** A script that its owner may run is started directly, any other by the shell. */
function script(file: NamedFile | undefined, args: string) {
  const { name, executable, sha256 } = file as NamedFile;
  const target = `/tmp/${basename(name)}`;
  return { target, argv: [...(executable ? [] : ['/bin/sh']), target, ...splitAtBlanks(args)], sha256 };
}

/** Returns the trees that become filesystems of their own, the deepest first: a tree comes before the one that holds it. */
function partsOf(layout: Layout) {
  const depth = (mountPoint: string) => mountPoint.split('/').length;
  return layout.partitions
    .filter(({ mountPoint }) => mountPoint !== '/')
    .sort((a, b) => depth(b.mountPoint) - depth(a.mountPoint) || a.number - b.number)
    .map((partition) => {
      const { id, mountPoint, format, isEsp } = partition;
      /** Files to copy into it: path in the part → path in the root. */
      const extra = isEsp ? { [efiProgram]: grubImage } : {};
      return { id, mountPoint, folder: `${innerTrees}/${treeOf(partition)}`, fat: format === 'fat', extra };
    });
}
