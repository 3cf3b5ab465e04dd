import type { ImageFormat } from './schema-table.ts';

/** An Azure Linux image config, read and checked. Every path in it is as the user wrote it, relative to the base folder. */
export interface ImageConfig {
  disk: DiskConfig;
  system: SystemConfig;
}

export interface DiskConfig {
  /** MiB. */
  maxSize: number;
  artifacts: ArtifactConfig[];
  /** In the order of the file: the order of their numbers in the GPT. */
  partitions: PartitionConfig[];
}

export interface ArtifactConfig {
  /** Empty: the system's name. */
  name: string;
  type: ImageFormat;
}

export interface PartitionConfig {
  id: string;
  /** The partition's label in the GPT. */
  name: string;
  /** MiB. */
  start: number;
  /** MiB, exclusive; 0 fills the disk. */
  end: number;
  fsType: 'fat32' | 'vfat' | 'ext4';
  flags: string[];
  /** A name of its type (`linux`, `esp`, `linux-root-amd64` …) or empty. */
  type: string;
  /** The GUID of its type, upper case, or empty. */
  typeUuid: string;
}

export interface SystemConfig {
  name: string;
  hostname: string;
  /** Paths of JSON files `{"packages": [...]}`. */
  packageLists: string[];
  /** `name` or `name=version`. */
  packages: string[];
  /** The package that provides the kernel, or empty: the one kernel that the lists bring. */
  kernelPackage: string;
  kernelCommandLine: string;
  partitionSettings: PartitionSetting[];
  additionalFiles: AdditionalFile[];
  postInstallScripts: ScriptConfig[];
  finalizeImageScripts: ScriptConfig[];
  groups: GroupConfig[];
  users: UserConfig[];
}

export interface PartitionSetting {
  id: string;
  /** Absolute, or empty: not mounted. */
  mountPoint: string;
  mountOptions: string;
  mountIdentifier: 'uuid' | 'partuuid' | 'partlabel';
}

export interface AdditionalFile {
  /** Path on the host. */
  source: string;
  /** Absolute path in the image. */
  target: string;
  /** Permission bits, or undefined: 0755 for a source that its owner may run, else 0644. */
  mode?: number;
}

export interface ScriptConfig {
  path: string;
  args: string;
}

export interface GroupConfig {
  name: string;
  gid?: number;
}

export interface UserConfig {
  name: string;
  uid?: number;
  password: string;
  /** True: `password` is a hash, as /etc/shadow holds it. */
  passwordHashed: boolean;
  /** -1: never; 0: not given. */
  passwordExpiresDays: number;
  sshPubKeys: string[];
  /** Paths on the host. */
  sshPubKeyPaths: string[];
  primaryGroup: string;
  secondaryGroups: string[];
  /** The login shell, or empty. */
  startupCommand: string;
  homeDirectory: string;
}
