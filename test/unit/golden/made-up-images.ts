import type { Verdict } from '../../../src/shared/image/boot-test/verdict.ts';
import type { NamedFile } from '../../../src/shared/image/config/named-file-reader.ts';
import type { NamedFiles } from '../../../src/shared/image/config/named-files.ts';
import type { ImageJson } from '../../../src/shared/image/manifest/image-json.ts';
import type { ImagePackage } from '../../../src/shared/image/packages/choose-packages.ts';
import { hex, rpms } from './made-up.ts';

const { lib, systemd, release } = rpms;

/** A config as the example distribution has it, and one with all that shapes an image. */
export const imageConfigs: Readonly<Record<string, unknown>> = {
  minimal: {
    Disks: [
      {
        PartitionTableType: 'gpt',
        MaxSize: 1024,
        Artifacts: [
          { Name: 'minimal', Type: 'raw' },
          { Name: 'minimal', Type: 'qcow2' },
        ],
        Partitions: [
          { ID: 'esp', Flags: ['esp', 'boot'], Start: 1, End: 9, FsType: 'fat32' },
          { ID: 'rootfs', Start: 9, End: 0, FsType: 'ext4' },
        ],
      },
    ],
    SystemConfigs: [
      {
        Name: 'minimal',
        BootType: 'efi',
        Hostname: 'example',
        PackageLists: ['packagelists/base.json'],
        KernelOptions: { default: 'kernel' },
        KernelCommandLine: { ExtraCommandLine: 'console=tty0 console=ttyS0' },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi', MountOptions: 'umask=0077' },
          { ID: 'rootfs', MountPoint: '/' },
        ],
        AdditionalFiles: { 'files/example.sh': '/etc/profile.d/example.sh' },
        PostInstallScripts: [{ Path: 'scripts/text-mode.sh' }],
        Users: [{ Name: 'root', Password: 'example' }],
      },
    ],
  },
  full: {
    Disks: [
      {
        PartitionTableType: 'gpt',
        MaxSize: 2048,
        Artifacts: [{ Type: 'qcow2' }],
        Partitions: [
          { ID: 'esp', Name: 'efi', Flags: ['esp'], Start: 1, End: 65, FsType: 'fat32' },
          { ID: 'boot', Name: 'boot', Start: 65, End: 321, FsType: 'ext4', Type: 'xbootldr' },
          { ID: 'rootfs', Name: 'root', Start: 321, End: 1800, FsType: 'ext4', Type: 'linux-root-amd64' },
          {
            ID: 'data',
            Start: 1800,
            FsType: 'ext4',
            TypeUUID: '0fc63daf-8483-4772-8e79-3d69d8477de4',
          },
        ],
      },
    ],
    SystemConfigs: [
      {
        Name: 'all of it',
        BootType: 'efi',
        Hostname: 'some-host',
        Packages: ['bash', 'lib=2.0'],
        KernelCommandLine: { ExtraCommandLine: "quiet title='x'" },
        PartitionSettings: [
          { ID: 'esp', MountPoint: '/boot/efi', MountIdentifier: 'uuid' },
          { ID: 'boot', MountPoint: '/boot', MountIdentifier: 'partlabel' },
          { ID: 'rootfs', MountPoint: '/', MountOptions: 'noatime', MountIdentifier: 'uuid' },
          { ID: 'data', MountPoint: '/var/lib/data' },
        ],
        AdditionalFiles: { a: '/etc/a', b: [{ Path: '/etc/b', Permissions: '0600' }] },
        PostInstallScripts: [{ Path: 'p.sh', Args: 'one two' }],
        FinalizeImageScripts: [{ Path: 'f.sh' }],
        Groups: [{ Name: 'staff', GID: '1500' }, { Name: 'crew' }],
        Users: [
          {
            Name: 'somebody',
            UID: '1500',
            Password: '$6$salt$hash',
            PasswordHashed: true,
            PasswordExpiresDays: -1,
            SSHPubKeys: ['ssh-ed25519 A'],
            SSHPubKeyPaths: ['k.pub'],
            PrimaryGroup: 'staff',
            SecondaryGroups: ['crew'],
            StartupCommand: '/bin/bash',
            HomeDirectory: '/home/some',
          },
          { Name: 'root' },
        ],
      },
    ],
  },
};

const file = (name: string, letter: string, executable = false): NamedFile => ({
  name,
  path: `/host/${name}`,
  executable,
  sha256: hex(letter),
});

/** The files that the configs name. */
export const named: Readonly<Record<string, NamedFiles>> = {
  minimal: {
    requestedPackages: [],
    additional: [file('files/example.sh', 'a')],
    postInstall: [file('scripts/text-mode.sh', 'b', true)],
    finalize: [],
    sshKeys: [[]],
  },
  full: {
    requestedPackages: [],
    additional: [file('a', 'a', true), file('b', 'b')],
    postInstall: [file('p.sh', 'c', true)],
    finalize: [file('f.sh', 'd')],
    sshKeys: [['ssh-ed25519 B'], []],
  },
};

export const imagePackages: readonly ImagePackage[] = [
  { origin: 'local', rpm: release },
  { origin: 'toolchain', rpm: systemd },
  { origin: 'repository', rpm: lib },
];

export const bootTools = { kernelRelease: '6.1.0-40-amd64', grubMkimage: '/usr/bin/grub2-mkimage' };

export const image: ImageJson = {
  schema: 'azl/image',
  version: 1,
  name: 'minimal-3.1',
  system: 'minimal',
  key: hex('c'),
  components: { recipe: '2', worker: hex('a') },
  files: [{ file: 'minimal-3.1.raw', type: 'raw', size: 4, sha256: hex('d') }],
  packages: [{ file: release.file, origin: 'local', license: 'MIT', sha256: release.shipDigest }],
  boot: { rootOffset: 9437184, bootOffset: 9437184, kernel: '/boot/vmlinuz-6.1' },
};

export const verdict: Verdict = {
  passed: true,
  state: 'running',
  failed: [],
  seconds: 42.5,
  reason: '',
  acceleration: 'tcg',
};
