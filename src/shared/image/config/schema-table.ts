/** The values that a key of the config may hold. */
export type Kind =
  | { is: 'text' | 'number' | 'flag' | 'anything' }
  /** A text that must not appear in a message. */
  | { is: 'secret' }
  /** `known`: values of Azure Linux's schema that azl does not support. */
  | { is: 'word'; supported: readonly string[]; known: readonly string[] }
  | { is: 'list'; of: Kind }
  | { is: 'object'; keys: Table };

/** `unsupported`: a key of Azure Linux's schema that azl does not support; an error unless its value is empty. */
export type Table = Readonly<Record<string, Kind | 'unsupported'>>;

/** Formats of image files that azl writes, by their words in a config. */
export const imageFormats = ['raw', 'qcow2'] as const;

export type ImageFormat = (typeof imageFormats)[number];

const text: Kind = { is: 'text' };
const number: Kind = { is: 'number' };
const flag: Kind = { is: 'flag' };
const anything: Kind = { is: 'anything' };
const texts: Kind = { is: 'list', of: text };

const word = (supported: readonly string[], known: readonly string[] = []): Kind => ({
  is: 'word',
  supported,
  known,
});
const objects = (keys: Table): Kind => ({ is: 'list', of: { is: 'object', keys } });

/** Returns a table in which all these keys are of one kind. */
const each = (kind: Table[string], ...keys: string[]): Table =>
  Object.fromEntries(keys.map((key) => [key, kind]));

const partition: Table = {
  ...each(text, 'ID', 'Name', 'TypeUUID'),
  ...each(number, 'Start', 'End'),
  FsType: word(['fat32', 'vfat', 'ext4'], ['fat16', 'ext2', 'ext3', 'xfs', 'linux-swap', '']),
  Flags: { is: 'list', of: word(['esp', 'boot'], ['grub', 'bios_grub', 'bios-grub', 'dmroot']) },
  Type: word(
    [
      ...['', 'linux', 'esp', 'xbootldr', 'linux-root-amd64', 'linux-swap', 'linux-home', 'linux-srv'],
      ...['linux-var', 'linux-tmp'],
    ],
    ['linux-lvm', 'linux-raid', 'linux-luks', 'linux-dm-crypt'],
  ),
  Artifacts: 'unsupported',
};

const disk: Table = {
  PartitionTableType: word(['gpt'], ['mbr', '']),
  MaxSize: number,
  Artifacts: objects({
    Name: text,
    Type: word(imageFormats, [
      ...['', 'ext4', 'diff', 'rdiff', 'gz', 'tar.gz', 'xz', 'tar.xz', 'squashfs', 'vhd', 'vhdx', 'ova'],
      'initrd',
    ]),
    Compression: 'unsupported',
  }),
  Partitions: objects(partition),
  ...each('unsupported', 'TargetDisk', 'RawBinaries'),
};

const system: Table = {
  ...each(text, 'Name', 'Hostname'),
  ...each(flag, 'IsDefault', 'EnableGrubMkconfig'),
  BootType: word(['efi'], ['legacy', 'none', '']),
  ...each(texts, 'PackageLists', 'Packages'),
  // Other options are choices of an installer; an image has one kernel.
  KernelOptions: { is: 'object', keys: { default: text, hyperv: 'unsupported' } },
  KernelCommandLine: {
    is: 'object',
    keys: {
      ExtraCommandLine: text,
      ...each('unsupported', 'CGroup', 'ImaPolicy', 'SELinux', 'SELinuxPolicy', 'EnableFIPS'),
    },
  },
  PartitionSettings: objects({
    ...each(text, 'ID', 'MountPoint', 'MountOptions'),
    MountIdentifier: word(['partuuid', 'uuid', 'partlabel']),
    ...each('unsupported', 'OverlayBaseImage', 'RdiffBaseImage', 'RemoveDocs'),
  }),
  AdditionalFiles: anything,
  ...each(objects({ Path: text, Args: text }), 'PostInstallScripts', 'FinalizeImageScripts'),
  Groups: objects({ Name: text, GID: anything }),
  Users: objects({
    ...each(text, 'Name', 'PrimaryGroup', 'StartupCommand', 'HomeDirectory'),
    UID: anything,
    Password: { is: 'secret' },
    PasswordHashed: flag,
    PasswordExpiresDays: number,
    ...each(texts, 'SSHPubKeyPaths', 'SSHPubKeys', 'SecondaryGroups'),
  }),
  ...each('unsupported', 'IsKickStartBoot', 'IsIsoInstall', 'PreInstallScripts', 'Networks', 'PackageRepos'),
  ...each('unsupported', 'Encryption', 'EnableSystemdFirstboot', 'RemoveRpmDb', 'PreserveTdnfCache'),
  ...each('unsupported', 'EnableHidepid', 'DisableRpmDocs', 'OverrideRpmLocales'),
};

/** The object that an entry of AdditionalFiles may be instead of a path. */
export const additionalFile: Table = { Path: text, Permissions: text };

/** The schema of an image config: every key of Azure Linux's, and which of them azl supports. */
export const configTable: Table = { Disks: objects(disk), SystemConfigs: objects(system) };
