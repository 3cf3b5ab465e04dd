/** The values that a key of the config may hold. `known`: values of Azure Linux's schema that azl does not support. */
export type Kind =
  | { is: 'text' | 'number' | 'flag' | 'anything' }
  /** A text that must not appear in a message. */
  | { is: 'secret' }
  | { is: 'word'; supported: readonly string[]; known: readonly string[] }
  | { is: 'list'; of: Kind }
  | { is: 'object'; keys: Table };

export interface Key {
  kind: Kind;
  /** False: a key of Azure Linux's schema that azl does not support; an error unless its value is empty. */
  supported: boolean;
}

export type Table = Readonly<Record<string, Key>>;

/** Formats of image files that azl writes, by their words in a config. */
export const imageFormats = ['raw', 'qcow2'] as const;

export type ImageFormat = (typeof imageFormats)[number];

const text: Kind = { is: 'text' };
const number: Kind = { is: 'number' };
const flag: Kind = { is: 'flag' };
const texts: Kind = { is: 'list', of: text };

const yes = (kind: Kind): Key => ({ kind, supported: true });
const later: Key = { kind: { is: 'anything' }, supported: false };
const word = (supported: readonly string[], known: readonly string[] = []): Key =>
  yes({ is: 'word', supported, known });
const objects = (keys: Table): Key => yes({ is: 'list', of: { is: 'object', keys } });

const partition: Table = {
  ID: yes(text),
  Name: yes(text),
  Start: yes(number),
  End: yes(number),
  FsType: word(['fat32', 'vfat', 'ext4'], ['fat16', 'ext2', 'ext3', 'xfs', 'linux-swap', '']),
  Flags: yes({
    is: 'list',
    of: { is: 'word', supported: ['esp', 'boot'], known: ['grub', 'bios_grub', 'bios-grub', 'dmroot'] },
  }),
  Type: word(
    [
      ...['', 'linux', 'esp', 'xbootldr', 'linux-root-amd64', 'linux-swap', 'linux-home', 'linux-srv'],
      ...['linux-var', 'linux-tmp'],
    ],
    ['linux-lvm', 'linux-raid', 'linux-luks', 'linux-dm-crypt'],
  ),
  TypeUUID: yes(text),
  Artifacts: later,
};

const disk: Table = {
  PartitionTableType: word(['gpt'], ['mbr', '']),
  MaxSize: yes(number),
  Artifacts: objects({
    Name: yes(text),
    Type: word(imageFormats, [
      ...['', 'ext4', 'diff', 'rdiff', 'gz', 'tar.gz', 'xz', 'tar.xz', 'squashfs', 'vhd', 'vhdx', 'ova'],
      'initrd',
    ]),
    Compression: later,
  }),
  Partitions: objects(partition),
  TargetDisk: later,
  RawBinaries: later,
};

const script = objects({ Path: yes(text), Args: yes(text) });

const system: Table = {
  Name: yes(text),
  IsDefault: yes(flag),
  IsKickStartBoot: later,
  IsIsoInstall: later,
  BootType: word(['efi'], ['legacy', 'none', '']),
  Hostname: yes(text),
  PackageLists: yes(texts),
  Packages: yes(texts),
  // Other options are choices of an installer; an image has one kernel.
  KernelOptions: yes({ is: 'object', keys: { default: yes(text), hyperv: later } }),
  KernelCommandLine: yes({
    is: 'object',
    keys: {
      ExtraCommandLine: yes(text),
      CGroup: later,
      ImaPolicy: later,
      SELinux: later,
      SELinuxPolicy: later,
      EnableFIPS: later,
    },
  }),
  PartitionSettings: objects({
    ID: yes(text),
    MountPoint: yes(text),
    MountOptions: yes(text),
    MountIdentifier: word(['partuuid', 'uuid', 'partlabel']),
    OverlayBaseImage: later,
    RdiffBaseImage: later,
    RemoveDocs: later,
  }),
  AdditionalFiles: yes({ is: 'anything' }),
  PreInstallScripts: later,
  PostInstallScripts: script,
  FinalizeImageScripts: script,
  Networks: later,
  PackageRepos: later,
  Groups: objects({ Name: yes(text), GID: yes({ is: 'anything' }) }),
  Users: objects({
    Name: yes(text),
    UID: yes({ is: 'anything' }),
    Password: yes({ is: 'secret' }),
    PasswordHashed: yes(flag),
    PasswordExpiresDays: yes(number),
    SSHPubKeyPaths: yes(texts),
    SSHPubKeys: yes(texts),
    PrimaryGroup: yes(text),
    SecondaryGroups: yes(texts),
    StartupCommand: yes(text),
    HomeDirectory: yes(text),
  }),
  Encryption: later,
  EnableGrubMkconfig: yes(flag),
  EnableSystemdFirstboot: later,
  RemoveRpmDb: later,
  PreserveTdnfCache: later,
  EnableHidepid: later,
  DisableRpmDocs: later,
  OverrideRpmLocales: later,
};

/** The object that an entry of AdditionalFiles may be instead of a path. */
export const additionalFile: Kind = { is: 'object', keys: { Path: yes(text), Permissions: yes(text) } };

/** The schema of an image config: every key of Azure Linux's, and which of them azl supports. */
export const configTable: Table = { Disks: objects(disk), SystemConfigs: objects(system) };
