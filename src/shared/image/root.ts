import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sourceDateEpoch } from '../buildroot/recipe.ts';
import { type Bind, createLayer, removeLayer, runInSandbox } from '../buildroot/sandbox.ts';
import { installRpms } from '../buildroot/transaction.ts';
import { ToolError } from '../host/process.ts';
import type { Log } from '../log.ts';
import { problem } from '../problems.ts';
import type { Rpm } from '../rpm/rpm.ts';
import { fstab, grubConfig, grubEarlyConfig, grubModules } from './boot-files.ts';
import type { ImageConfig, ScriptConfig, UserConfig } from './config.ts';
import { fixedSalt, sha512Crypt } from './crypt.ts';
import { type Layout, treeOf } from './layout.ts';
import type { NamedFiles } from './named-files.ts';
import type { BootTools } from './packages.ts';

export const settleHelper = readFileSync(new URL('./settle.py', import.meta.url), 'utf8');

/** Where an image's root lies inside the sandbox. */
const inner = '/work/root';

export interface RootOptions {
  config: ImageConfig;
  /** The config's path, for messages. */
  file: string;
  layout: Layout;
  /** What identifiers and salts follow from. */
  seed: string;
  named: NamedFiles;
  boot: BootTools;
  /** Everything to install, with the folder that holds each file. */
  rpms: readonly { rpm: Rpm; dir: string }[];
  /** Tree of the worker. */
  worker: string;
  /** A folder of ours that does not exist yet; removed by the caller with {@link removeLayer}. */
  workDir: string;
  log: Log;
  signal?: AbortSignal;
}

/** A file or folder of a FAT filesystem. */
export interface FatEntry {
  path: string;
  folder: boolean;
}

/** The trees of an image: what its filesystems shall hold. */
export interface Trees {
  /** Holds the tree of each partition, in a folder named by `treeOf`. */
  dir: string;
  /** What lies in FAT trees, by partition id. */
  fat: Record<string, FatEntry[]>;
}

/**
 * Makes the content of an image: installs its packages into an empty root, configures it, runs the config's scripts,
 * makes initramfs and boot loader, and parts it by mount point. Everything that is run comes from worker or image, in
 * the sandbox; the files belong to root.
 * @throws ProblemsError for what the user can mend; TransactionError
 */
export async function makeTrees(options: RootOptions): Promise<Trees> {
  const { config, layout, workDir, log } = options;
  await mkdir(join(workDir, 'work', 'root'), { recursive: true });
  await mkdir(join(workDir, 'run'));
  const layer = await createLayer(join(workDir, 'layer'));
  const root = { worker: options.worker, layer };
  const room: Bind = { source: join(workDir, 'work'), target: '/work', writable: true };
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const enter = { root, as: 'root' as const, env: { SOURCE_DATE_EPOCH: String(sourceDateEpoch) }, ...signal };

  const settle = async (step: string, request: object, binds: Bind[] = []) => {
    await writeFile(join(workDir, 'run', 'settle.py'), settleHelper);
    await writeFile(
      join(workDir, 'run', 'request.json'),
      JSON.stringify({ step, root: inner, epoch: sourceDateEpoch, ...request }),
    );
    const run: Bind = { source: join(workDir, 'run'), target: '/azl/run' };
    const { stdout } = await runInSandbox(
      ['/usr/bin/python3', '-IB', '/azl/run/settle.py', '/azl/run/request.json'],
      { ...enter, binds: [room, run, ...binds] },
    );
    const answer = JSON.parse(stdout) as { refused?: string; parts?: Record<string, FatEntry[]> };
    if (answer.refused !== undefined) throw problem(answer.refused, { file: options.file });
    return answer;
  };
  const inside = async (argv: readonly string[], binds: Bind[] = []) =>
    await runInSandbox(['chroot', inner, ...argv], { ...enter, binds: [room, ...binds], inner: [inner] });
  const has = (path: string) => options.rpms.some(({ rpm }) => rpm.files.includes(path));

  const dirs = new Map<string, typeof options.rpms>();
  for (const rpm of options.rpms) dirs.set(rpm.dir, [...(dirs.get(rpm.dir) ?? []), rpm]);
  await installRpms({
    root,
    rpmDirs: [...dirs].map(([dir, rpms]) => ({ dir, files: rpms.map(({ rpm }) => rpm.file) })),
    remove: [],
    into: inner,
    binds: [room],
    sourceDateEpoch,
    ...signal,
  });

  const { boot } = options;
  const images = {
    kernel: `vmlinuz-${boot.kernelRelease}`,
    initramfs: `initramfs-${boot.kernelRelease}.img`,
  };
  if (has('/usr/bin/systemd-sysusers')) await inside(['systemd-sysusers']);
  if (has('/usr/bin/systemctl')) await inside(['systemctl', 'preset-all']);
  const files = options.named.additional.map((file, index) => ({ ...file, inside: `/azl/files/${index}` }));
  await settle(
    'configure',
    {
      texts: {
        ...systemTexts(config),
        '/etc/fstab': fstab(layout),
        '/boot/grub2/grub.cfg': grubConfig(
          layout,
          images,
          config.system.name,
          config.system.kernelCommandLine,
        ),
        '/boot/grub2/early.cfg': grubEarlyConfig(layout),
      },
      groups: config.system.groups.map(({ name, gid }) => ({ name, gid: gid ?? null })),
      users: config.system.users.map((user, index) =>
        account(user, options.seed, options.named.sshKeys[index] ?? []),
      ),
      files: files.map((file) => ({ source: file.inside, target: file.target, mode: file.mode })),
    },
    files.map((file) => ({ source: file.path, target: file.inside })),
  );

  const runScripts = async (scripts: readonly ScriptConfig[], paths: readonly string[], key: string) => {
    for (const [index, script] of scripts.entries()) {
      const path = paths[index] as string;
      const target = `/tmp/${basename(path)}`;
      log.info(`Running ${script.path}`);
      const bind = { source: path, target: `${inner}${target}` };
      try {
        await inside(
          [
            '/bin/sh',
            '-c',
            'f=$1; shift; set -- $*; if [ -x "$f" ]; then exec "$f" "$@"; fi; exec /bin/sh "$f" "$@"',
            'azl',
            target,
            script.args,
          ],
          [bind],
        );
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        const said = `${error.stdout}\n${error.stderr}`.trim().split('\n').slice(-12).join('\n');
        throw problem(`script '${script.path}' ended with ${error.code}${said === '' ? '' : `:\n${said}`}`, {
          file: options.file,
          path: `$.SystemConfigs[0].${key}[${index}]`,
        });
      }
    }
  };
  await runScripts(config.system.postInstallScripts, options.named.postInstall, 'PostInstallScripts');

  if (has('/usr/sbin/ldconfig')) await inside(['ldconfig']);
  if (has('/usr/bin/systemd-hwdb')) await inside(['systemd-hwdb', 'update', '--usr']);
  await inside(['depmod', boot.kernelRelease]);
  log.info('Making the initramfs');
  await inside(dracutArguments(boot.kernelRelease, `/boot/${images.initramfs}`));
  await inside([
    ...[boot.grubMkimage, '-O', 'x86_64-efi', '-o', '/boot/grub2/bootx64.efi', '-p', '/boot/grub2'],
    ...['-c', '/boot/grub2/early.cfg', ...grubModules],
  ]);
  await runScripts(config.system.finalizeImageScripts, options.named.finalize, 'FinalizeImageScripts');

  const parts = layout.partitions.filter((partition) => partition.mountPoint !== '/');
  const isEsp = (id: string) => layout.partitions.some((one) => one.id === id && one.isEsp);
  // Deepest first, so that a tree is taken out before the one that it lies in.
  parts.sort(
    (a, b) => b.mountPoint.split('/').length - a.mountPoint.split('/').length || a.number - b.number,
  );
  const answer = await settle('finish', {
    parts: parts.map((partition) => ({
      id: partition.id,
      mountPoint: partition.mountPoint,
      folder: `/work/${treeOf(partition)}`,
      fat: partition.format === 'fat',
      extra: isEsp(partition.id) ? { 'EFI/BOOT/BOOTX64.EFI': `${inner}/boot/grub2/bootx64.efi` } : {},
    })),
  });
  await removeLayer(layer);
  return { dir: join(workDir, 'work'), fat: answer.parts ?? {} };
}

/** An initramfs that boots on any machine, the same twice. Drivers that a kernel has built in are no error. */
export function dracutArguments(kernelRelease: string, target: string): string[] {
  return [
    ...[
      'dracut',
      '--force',
      '--no-hostonly',
      '--no-hostonly-cmdline',
      '--reproducible',
      '--no-early-microcode',
    ],
    ...['--tmpdir', '/run', '--no-machineid', '--kver', kernelRelease],
    ...['--add-drivers', 'virtio_blk virtio_scsi virtio_pci ahci sd_mod nvme ata_piix ext4 vfat'],
    ...['--zstd', '--modules', 'base udev-rules kernel-modules rootfs-block fs-lib shutdown', target],
  ];
}

function systemTexts({ system }: ImageConfig): Record<string, string> {
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

function account(user: UserConfig, seed: string, keysOfFiles: readonly string[]) {
  const { name, password, passwordHashed } = user;
  const hash = passwordHashed ? password : sha512Crypt(password, fixedSalt(`${seed}\n${name}`));
  return {
    name,
    uid: user.uid ?? null,
    hash: password === '' ? null : hash,
    passwordNeverExpires: user.passwordExpiresDays === -1,
    primaryGroup: user.primaryGroup,
    secondaryGroups: user.secondaryGroups,
    startupCommand: user.startupCommand,
    homeDirectory: user.homeDirectory,
    sshPubKeys: [...user.sshPubKeys, ...keysOfFiles],
  };
}
