import { bootPartition, deviceOf, type Layout, rootPartition } from '../disk/layout.ts';

/** Returns /etc/fstab. A mount point comes after its parents. Pure. */
export function fstab(layout: Layout): string {
  const depth = (path: string) => (path === '/' ? 0 : path.split('/').length);
  const lines = layout.partitions
    .filter(({ mountPoint }) => mountPoint !== '')
    .sort((a, b) => depth(a.mountPoint) - depth(b.mountPoint) || a.number - b.number)
    .map((partition) => {
      const { mountPoint, mountOptions, format } = partition;
      const [type, defaults] = format === 'fat' ? ['vfat', 'umask=0077'] : ['ext4', 'defaults'];
      const check = mountPoint === '/' ? 1 : 2;
      return `${deviceOf(partition)} ${mountPoint} ${type} ${mountOptions || defaults} 0 ${check}\n`;
    });
  return lines.join('');
}

/** The kernel and initramfs of an image: base names of files in /boot. */
export interface BootImages {
  kernel: string;
  initramfs: string;
}

/** Returns /boot/grub2/grub.cfg: one entry, started at once. A held key shows the menu, on screen and serial line. Pure. */
export function grubConfig(layout: Layout, images: BootImages, title: string, commandLine: string): string {
  const { folder } = bootPartition(layout);
  const line = `root=${deviceOf(rootPartition(layout))} ro${commandLine === '' ? '' : ` ${commandLine}`}`;
  return `serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set default=0
set timeout=0
menuentry ${grubQuoted(title)} {
  linux ${folder}/${images.kernel} ${line}
  initrd ${folder}/${images.initramfs}
}
`;
}

/** Returns the config inside the EFI program: it finds the kernel's filesystem and loads its grub.cfg. Pure. */
export function grubEmbeddedConfig(layout: Layout): string {
  const { partition, folder } = bootPartition(layout);
  return `search --no-floppy --fs-uuid --set=root ${partition.fsUuid}
set prefix=($root)${folder}/grub2
configfile $prefix/grub.cfg
`;
}

/** GRUB modules inside the EFI program: those of the two configs, and those for work at its prompt. */
export const grubModules: readonly string[] = [
  ...['part_gpt', 'fat', 'ext2', 'normal', 'configfile', 'linux', 'search', 'search_fs_uuid', 'search_label'],
  ...['echo', 'test', 'ls', 'cat', 'halt', 'reboot', 'minicmd', 'true', 'sleep', 'all_video', 'gfxterm'],
  ...['serial', 'terminal', 'terminfo', 'boot', 'efi_gop', 'gzio'],
];

/** Quotes a text for GRUB's shell, in which only `'` ends single quotes. */
function grubQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
