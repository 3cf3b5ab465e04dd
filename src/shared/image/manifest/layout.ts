import type { DiskConfig, ImageConfig, PartitionConfig, PartitionSetting } from '../config/config.ts';
import { fixedUuid, fixedVolumeId } from './identity.ts';

const sectorBytes = 512;
const mib = 1024 * 1024;

/** What a GPT takes before the first partition, and its copy behind the last: whole MiBs keep all of them aligned. */
export const tableMiB = 1;

/** One partition as it will stand on the disk. */
export interface Partition {
  id: string;
  /** 1-based. */
  number: number;
  label: string;
  /** Bytes from the start of the disk. */
  offset: number;
  /** Bytes. */
  size: number;
  format: 'fat' | 'ext4';
  typeGuid: string;
  partUuid: string;
  /** What mount and `search --fs-uuid` call its filesystem: a UUID, or `XXXX-XXXX` for FAT. */
  fsUuid: string;
  isEsp: boolean;
  /** Empty: mounted nowhere. */
  mountPoint: string;
  mountOptions: string;
  mountIdentifier: PartitionSetting['mountIdentifier'];
}

export interface Layout {
  /** Bytes. */
  size: number;
  diskUuid: string;
  partitions: Partition[];
}

/** GPT type GUIDs by the words of Azure Linux's schema (UAPI Discoverable Partitions Specification). */
const typeGuids: Readonly<Record<string, string>> = {
  esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  xbootldr: 'BC13C2FF-59E6-4262-A352-B275FD6F7172',
  'linux-root-amd64': '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709',
  'linux-swap': '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
  'linux-home': '933AC7E1-2EB4-4F13-B844-0E14E2AEF915',
  'linux-srv': '3B8F8425-20E0-4F3B-907F-1A25A76F98E8',
  'linux-var': '4D21B016-B534-45C2-A9FB-5C16E091FD2D',
  'linux-tmp': '7EC6F557-3BC5-4ACA-B293-16EF5DF639D1',
};

/** Where everything of a checked config lies. Every identifier follows from `seed`. Pure. */
export function layOut(config: ImageConfig, seed: string): Layout {
  const size = config.disk.maxSize * mib;
  const settings = new Map(config.system.partitionSettings.map((setting) => [setting.id, setting]));
  const partitions = config.disk.partitions.map((partition, index): Partition => {
    const isEsp = partition.flags.includes('esp') || partition.type === 'esp';
    const setting = settings.get(partition.id);
    const end = partitionEnd(partition, config.disk) * mib;
    const format = partition.fsType === 'ext4' ? 'ext4' : 'fat';
    const volume = fixedVolumeId(seed, `fat ${partition.id}`).toUpperCase();
    return {
      id: partition.id,
      number: index + 1,
      label: partition.name,
      offset: partition.start * mib,
      size: end - partition.start * mib,
      format,
      typeGuid: typeGuid(partition, isEsp),
      partUuid: fixedUuid(seed, `partition ${partition.id}`),
      fsUuid:
        format === 'fat'
          ? `${volume.slice(0, 4)}-${volume.slice(4)}`
          : fixedUuid(seed, `filesystem ${partition.id}`),
      isEsp,
      mountPoint: setting?.mountPoint ?? '',
      mountOptions: setting?.mountOptions ?? '',
      mountIdentifier: setting?.mountIdentifier ?? 'partuuid',
    };
  });
  return { size, diskUuid: fixedUuid(seed, 'disk'), partitions };
}

/** Where a partition ends, in MiB. Pure. */
export function partitionEnd(partition: PartitionConfig, disk: DiskConfig): number {
  const toTheEnd = partition.end === 0 || partition.end === disk.maxSize;
  return toTheEnd ? disk.maxSize - tableMiB : partition.end;
}

function typeGuid(partition: PartitionConfig, isEsp: boolean): string {
  if (partition.typeUuid !== '') return partition.typeUuid;
  return typeGuids[isEsp ? 'esp' : partition.type || 'linux'] as string;
}

/** The partition table as sfdisk reads it. */
export function sfdiskScript(layout: Layout): string {
  const lines = layout.partitions.map((partition) =>
    [
      `start=${partition.offset / sectorBytes}`,
      `size=${partition.size / sectorBytes}`,
      `type=${partition.typeGuid}`,
      `uuid=${partition.partUuid.toUpperCase()}`,
      ...(partition.label === '' ? [] : [`name="${partition.label}"`]),
    ].join(', '),
  );
  return ['label: gpt', `label-id: ${layout.diskUuid.toUpperCase()}`, 'unit: sectors', '', ...lines, ''].join(
    '\n',
  );
}

/** The partition mounted on `mountPoint`. A checked config has one for `/`. */
export function mountedOn(layout: Layout, mountPoint: string): Partition | undefined {
  return layout.partitions.find((partition) => partition.mountPoint === mountPoint);
}

/** The folder, beside those of the others, in which a partition's tree is made. */
export function treeOf(partition: Partition): string {
  return partition.mountPoint === '/' ? 'root' : `part-${partition.number}`;
}

/** How fstab and the kernel's `root=` name a partition. */
export function deviceOf(partition: Partition): string {
  switch (partition.mountIdentifier) {
    case 'uuid':
      return `UUID=${partition.fsUuid}`;
    case 'partuuid':
      return `PARTUUID=${partition.partUuid}`;
    case 'partlabel':
      return `PARTLABEL=${partition.label}`;
  }
}
