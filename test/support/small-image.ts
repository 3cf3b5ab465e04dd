/** The smallest set that an image needs here; without an init system it is made, not booted. */
export const smallPackages = [
  'filesystem',
  'bash',
  'coreutils',
  'kmod',
  'dracut',
  'grub2',
  'grub2-efi-binary',
];

/** A config of the smallest image; `more` overrides keys of its system. */
export function smallConfig(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    Disks: [
      {
        ...{ PartitionTableType: 'gpt', MaxSize: 900, Artifacts: [{ Type: 'raw' }] },
        Partitions: [
          { ID: 'esp', Flags: ['esp'], Start: 1, End: 9, FsType: 'fat32' },
          { ID: 'rootfs', Start: 9, End: 0, FsType: 'ext4' },
        ],
      },
    ],
    SystemConfigs: [
      {
        ...{ Name: 'tiny', BootType: 'efi', Hostname: 'tiny-host', Packages: smallPackages },
        KernelOptions: { default: 'kernel' },
        KernelCommandLine: { ExtraCommandLine: 'console=ttyS0' },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi' },
          { ID: 'rootfs', MountPoint: '/' },
        ],
        ...more,
      },
    ],
  });
}
