import { deviceOf, type Layout, mountedOn, type Partition } from '../disk/layout.ts';

/** Returns /etc/fstab. A mount point comes after its parents. Pure. */
export function fstab(layout: Layout): string {
  const mounted = layout.partitions.filter((partition) => partition.mountPoint !== '');
  const depth = (path: string) => (path === '/' ? 0 : path.split('/').length);
  mounted.sort((a, b) => depth(a.mountPoint) - depth(b.mountPoint) || a.number - b.number);
  const line = (partition: Partition) => {
    const isRoot = partition.mountPoint === '/';
    const type = partition.format === 'fat' ? 'vfat' : 'ext4';
    const options = partition.mountOptions || (partition.format === 'fat' ? 'umask=0077' : 'defaults');
    return `${deviceOf(partition)} ${partition.mountPoint} ${type} ${options} 0 ${isRoot ? 1 : 2}`;
  };
  return `${mounted.map(line).join('\n')}\n`;
}

/** The kernel and initramfs of an image: base names of files in /boot. */
export interface BootImages {
  kernel: string;
  initramfs: string;
}

/** Returns /boot/grub2/grub.cfg: one entry, started at once. A held key shows the menu, on screen and serial line. Pure. */
export function grubConfig(layout: Layout, images: BootImages, title: string, commandLine: string): string {
  const folder = mountedOn(layout, '/boot') === undefined ? '/boot' : '';
  const root = mountedOn(layout, '/') as Partition;
  const line = [`root=${deviceOf(root)}`, 'ro', commandLine].filter((part) => part !== '').join(' ');
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
  const boot = mountedOn(layout, '/boot') ?? (mountedOn(layout, '/') as Partition);
  const folder = boot.mountPoint === '/boot' ? '' : '/boot';
  return `search --no-floppy --fs-uuid --set=root ${boot.fsUuid}
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
