import type { ImageConfig, PartitionConfig, PartitionSetting } from '../config/config.ts';
import { isEsp, partitionEnd } from '../config/partition.ts';
import { fixedUuid, fixedVolumeId } from './identity.ts';

const sectorBytes = 512;
const mib = 1024 * 1024;

/** One partition of the disk. */
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
  /** The filesystem's UUID for mount and GRUB's `search --fs-uuid`; `XXXX-XXXX` for FAT. */
  fsUuid: string;
  isEsp: boolean;
  /** Empty: not mounted. */
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

/** GPT type GUIDs by their names in Azure Linux's schema (UAPI Discoverable Partitions Specification). */
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

/** Returns the disk layout of a checked config. Every identifier depends on `seed`. Pure. */
export function layOut(config: ImageConfig, seed: string): Layout {
  const size = config.disk.maxSize * mib;
  const settings = new Map(config.system.partitionSettings.map((setting) => [setting.id, setting]));
  const partitions = config.disk.partitions.map((partition, index): Partition => {
    const { id, name: label, start } = partition;
    const setting: Partial<PartitionSetting> = settings.get(id) ?? {};
    const { mountPoint = '', mountOptions = '', mountIdentifier = 'partuuid' } = setting;
    const format = partition.fsType === 'ext4' ? 'ext4' : 'fat';
    const volume = fixedVolumeId(seed, `fat ${id}`).toUpperCase();
    const fatId = `${volume.slice(0, 4)}-${volume.slice(4)}`;
    return {
      ...{ id, number: index + 1, label, format },
      offset: start * mib,
      size: (partitionEnd(partition, config.disk) - start) * mib,
      typeGuid: typeGuid(partition),
      partUuid: fixedUuid(seed, `partition ${id}`),
      fsUuid: format === 'fat' ? fatId : fixedUuid(seed, `filesystem ${id}`),
      isEsp: isEsp(partition),
      ...{ mountPoint, mountOptions, mountIdentifier },
    };
  });
  return { size, diskUuid: fixedUuid(seed, 'disk'), partitions };
}

function typeGuid(partition: PartitionConfig): string {
  if (partition.typeUuid !== '') return partition.typeUuid;
  return typeGuids[isEsp(partition) ? 'esp' : partition.type || 'linux'] as string;
}

/** Returns the partition table as input of sfdisk. Pure. */
export function sfdiskScript(layout: Layout): string {
  const lines = layout.partitions.map(({ offset, size, typeGuid, partUuid, label }) => {
    const place = `start=${offset / sectorBytes}, size=${size / sectorBytes}`;
    const name = label === '' ? '' : `, name="${label}"`;
    return `${place}, type=${typeGuid}, uuid=${partUuid.toUpperCase()}${name}`;
  });
  const head = ['label: gpt', `label-id: ${layout.diskUuid.toUpperCase()}`, 'unit: sectors', ''];
  return [...head, ...lines, ''].join('\n');
}

/** Returns the partition mounted on `mountPoint`. A checked config has one for `/`. */
export function mountedOn(layout: Layout, mountPoint: string): Partition | undefined {
  return layout.partitions.find((partition) => partition.mountPoint === mountPoint);
}

export function rootPartition(layout: Layout): Partition {
  return mountedOn(layout, '/') as Partition;
}

/** Returns the partition that holds the kernel, and the folder of `/boot` in it. Pure. */
export function bootPartition(layout: Layout): { partition: Partition; folder: string } {
  const boot = mountedOn(layout, '/boot');
  return { partition: boot ?? rootPartition(layout), folder: boot === undefined ? '/boot' : '' };
}

/** Returns the name of the folder with a partition's tree. Pure. */
export function treeOf(partition: Partition): string {
  return partition.mountPoint === '/' ? 'root' : `part-${partition.number}`;
}

/** Returns a partition's name in fstab and in the kernel's `root=`. Pure. */
export function deviceOf(partition: Partition): string {
  const { mountIdentifier, fsUuid, partUuid, label } = partition;
  const values = { uuid: fsUuid, partuuid: partUuid, partlabel: label };
  return `${mountIdentifier.toUpperCase()}=${values[mountIdentifier]}`;
}
