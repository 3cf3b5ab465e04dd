import { hostArchitecture } from '../../base/architectures.ts';
import type { BootTools } from '../packages/boot-tools.ts';
import { type BootImages, grubModules } from './boot-files.ts';

const { efi, grubTarget } = hostArchitecture;

/** A program that runs in an image's root while the image is made. */
export interface Program {
  /** Text of the progress line: `making the initramfs`. */
  does: string;
  argv: string[];
}

/** Returns the programs to run after the packages are installed. `has`: true if the image has a file. Pure. */
export function firstPrograms(has: (path: string) => boolean): Program[] {
  return [
    ...(has('/usr/bin/systemd-sysusers') ? [program('systemd-sysusers')] : []),
    ...(has('/usr/bin/systemctl') ? [program('systemctl', 'preset-all')] : []),
  ];
}

/** Returns the programs that make a configured image bootable, and caches that its first boot would make. Pure. */
export function bootPrograms(has: (path: string) => boolean, boot: BootTools, images: BootImages): Program[] {
  return [
    ...(has('/usr/sbin/ldconfig') ? [program('ldconfig')] : []),
    ...(has('/usr/bin/systemd-hwdb') ? [program('systemd-hwdb', 'update', '--usr')] : []),
    program('depmod', boot.kernelRelease),
    { does: 'making the initramfs', argv: dracutArguments(boot.kernelRelease, `/boot/${images.initramfs}`) },
    {
      does: 'making the boot loader',
      argv: [
        ...[boot.grubMkimage, '-O', grubTarget, '-o', grubImage, '-p', '/boot/grub2'],
        ...['-c', '/boot/grub2/early.cfg', ...grubModules],
      ],
    },
  ];
}

/** The boot loader's EFI program in the root. */
export const grubImage = `/boot/grub2/boot${efi}.efi`;

/** The place in the ESP from which firmware starts it (UEFI specification, removable media). */
export const efiProgram = `EFI/BOOT/BOOT${efi.toUpperCase()}.EFI`;

/** Returns the argv of a reproducible initramfs for any machine. A driver that is built into a kernel is no error. */
function dracutArguments(kernelRelease: string, target: string): string[] {
  return [
    ...['dracut', '--force', '--no-hostonly', '--no-hostonly-cmdline', '--reproducible'],
    ...['--no-early-microcode', '--tmpdir', '/run', '--no-machineid', '--kver', kernelRelease],
    ...['--add-drivers', 'virtio_blk virtio_scsi virtio_pci ahci sd_mod nvme ata_piix ext4 vfat'],
    ...['--zstd', '--modules', 'base udev-rules kernel-modules rootfs-block fs-lib shutdown', target],
  ];
}

function program(...argv: string[]): Program {
  return { does: `running ${argv[0]}`, argv };
}
