import type { BootImages } from './boot-files.ts';
import { grubModules } from './boot-files.ts';
import type { BootTools } from './packages.ts';

/** Something that is run in an image's root while it is made. */
export interface Program {
  /** For people: `making the initramfs`. */
  does: string;
  argv: string[];
}

/** What is run once the packages are installed. `has`: whether the image has a file. Pure. */
export function firstPrograms(has: (path: string) => boolean): Program[] {
  return [
    ...(has('/usr/bin/systemd-sysusers') ? [program(['systemd-sysusers'])] : []),
    ...(has('/usr/bin/systemctl') ? [program(['systemctl', 'preset-all'])] : []),
  ];
}

/** What is run once the image is configured: what makes it boot, and caches that its first boot would make. Pure. */
export function bootPrograms(has: (path: string) => boolean, boot: BootTools, images: BootImages): Program[] {
  return [
    ...(has('/usr/sbin/ldconfig') ? [program(['ldconfig'])] : []),
    ...(has('/usr/bin/systemd-hwdb') ? [program(['systemd-hwdb', 'update', '--usr'])] : []),
    program(['depmod', boot.kernelRelease]),
    {
      does: 'making the initramfs',
      argv: dracutArguments(boot.kernelRelease, `/boot/${images.initramfs}`),
    },
    {
      does: 'making the boot loader',
      argv: [
        ...[boot.grubMkimage, '-O', 'x86_64-efi', '-o', grubImage, '-p', '/boot/grub2'],
        ...['-c', '/boot/grub2/early.cfg', ...grubModules],
      ],
    },
  ];
}

/** Where the EFI program of the boot loader is made. */
export const grubImage = '/boot/grub2/bootx64.efi';

/** An initramfs that boots on any machine, the same twice. Drivers that a kernel has built in are no error. */
export function dracutArguments(kernelRelease: string, target: string): string[] {
  return [
    ...['dracut', '--force', '--no-hostonly', '--no-hostonly-cmdline', '--reproducible'],
    ...['--no-early-microcode', '--tmpdir', '/run', '--no-machineid', '--kver', kernelRelease],
    ...['--add-drivers', 'virtio_blk virtio_scsi virtio_pci ahci sd_mod nvme ata_piix ext4 vfat'],
    ...['--zstd', '--modules', 'base udev-rules kernel-modules rootfs-block fs-lib shutdown', target],
  ];
}

function program(argv: string[]): Program {
  return { does: `running ${argv[0]}`, argv };
}
