import type { DiskConfig, ImageConfig, PartitionConfig, PartitionSetting } from './config.ts';
import { isEsp, partitionEnd, tableMiB } from './partition.ts';
import { isPlainName, isPlainPath } from './plain-text.ts';
import { imageFormats } from './schema-table.ts';
import type { Report } from './values.ts';

const guid = /^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/;
const at = '$.Disks[0]';

/** Checks sizes, artifacts and partitions of the disk. */
export function checkDisk({ disk, system }: ImageConfig, report: Report): void {
  if (disk.maxSize < 8 || disk.maxSize > 1024 * 1024)
    report(`${at}.MaxSize`, `${disk.maxSize} MiB is not a size of a disk`, 'Give MiB, from 8 to 1048576.');
  checkArtifacts(disk, system.name, report);
  if (disk.partitions.length === 0) report(`${at}.Partitions`, 'There is no partition');
  if (disk.partitions.length > 128) report(`${at}.Partitions`, 'A GPT holds at most 128 partitions');
  const ids = new Set<string>();
  const taken: { start: number; end: number; id: string }[] = [];
  for (const [index, partition] of disk.partitions.entries()) {
    const { id, start } = partition;
    const place = `${at}.Partitions[${index}]`;
    if (ids.has(id)) report(`${place}.ID`, `'${id}' is the ID of two partitions`);
    ids.add(id);
    checkType(partition, place, report);
    checkPlace(partition, disk, place, report);
    const end = partitionEnd(partition, disk);
    const other = taken.find((one) => start < one.end && one.start < end);
    if (other !== undefined) report(`${place}.Start`, `The partition overlaps partition '${other.id}'`);
    taken.push({ start, end, id });
  }
  checkEsp(disk, report);
}

function checkArtifacts(disk: DiskConfig, system: string, report: Report): void {
  if (disk.artifacts.length === 0)
    report(`${at}.Artifacts`, 'There is no artifact', `Give at least one: ${imageFormats.join(' or ')}.`);
  const files = new Set<string>();
  for (const [index, { name, type }] of disk.artifacts.entries()) {
    const place = `${at}.Artifacts[${index}]`;
    if (name !== '' && !isPlainName(name)) report(`${place}.Name`, `'${name}' is not a plain file name`);
    const file = `${name || system.trim().replaceAll(' ', '-')}.${type}`;
    if (files.has(file)) report(place, 'This artifact is named twice');
    files.add(file);
  }
}

function checkType({ name, type, typeUuid }: PartitionConfig, place: string, report: Report): void {
  if (!/^[\x20-\x7e]{0,35}$/.test(name) || /["\\]/.test(name))
    report(`${place}.Name`, `'${name}' is not a label of up to 35 ASCII characters`);
  if (typeUuid !== '' && !guid.test(typeUuid)) report(`${place}.TypeUUID`, `'${typeUuid}' is not a GUID`);
  if (typeUuid !== '' && type !== '')
    report(`${place}.TypeUUID`, 'Type and TypeUUID are both given', 'Give one of them.');
}

function checkPlace(partition: PartitionConfig, disk: DiskConfig, place: string, report: Report): void {
  const { start, end } = partition;
  if (start < tableMiB)
    report(`${place}.Start`, `${start} is too low`, 'The first MiB holds the partition table.');
  if (end < 0) report(`${place}.End`, `${end} is not a place on a disk`);
  if (end > disk.maxSize)
    report(`${place}.End`, `${end} lies behind the end of the disk, ${disk.maxSize} MiB`);
  const last = partitionEnd(partition, disk);
  const fills = last === disk.maxSize - tableMiB;
  const hint = fills ? 'The last MiB of the disk holds a copy of the table.' : undefined;
  if (end >= 0 && last <= start)
    report(`${place}.End`, `The partition ends at ${last} MiB, before it begins (${start} MiB)`, hint);
}

function checkEsp({ partitions }: DiskConfig, report: Report): void {
  const count = partitions.filter(isEsp).length;
  if (count !== 1 && partitions.length > 0)
    report(`${at}.Partitions`, `BootType efi needs one partition with the flag 'esp', there are ${count}`);
  for (const [index, partition] of partitions.entries())
    if (isEsp(partition) && partition.fsType === 'ext4')
      report(`${at}.Partitions[${index}].FsType`, 'Firmware does not read ext4', 'The ESP needs fat32.');
}

/** Checks that settings refer to partitions, and that mount points and options are usable. */
export function checkMounts({ disk, system }: ImageConfig, report: Report): void {
  const settings = '$.SystemConfigs[0].PartitionSettings';
  const partitions = new Map(disk.partitions.map((partition) => [partition.id, partition]));
  const used = new Set<string>();
  const points = new Set<string>();
  for (const [index, setting] of system.partitionSettings.entries()) {
    const { id, mountPoint } = setting;
    const place = `${settings}[${index}]`;
    const known = `There are: ${[...partitions.keys()].join(', ')}.`;
    if (!partitions.has(id)) report(`${place}.ID`, `No partition has the ID '${id}'`, known);
    if (used.has(id)) report(`${place}.ID`, `Partition '${id}' has two settings`);
    used.add(id);
    checkMount(setting, partitions.get(id), place, report);
    if (mountPoint !== '' && points.has(mountPoint))
      report(`${place}.MountPoint`, `'${mountPoint}' is the mount point of two partitions`);
    points.add(mountPoint);
  }
  const [root, another] = system.partitionSettings.filter(({ mountPoint }) => mountPoint === '/');
  if (root === undefined) report(settings, "No partition is mounted on '/'");
  else if (another === undefined && (partitions.get(root.id)?.fsType ?? 'ext4') !== 'ext4')
    report(settings, "The partition on '/' needs ext4");
}

function checkMount(
  { mountPoint, mountOptions, mountIdentifier }: PartitionSetting,
  partition: PartitionConfig | undefined,
  place: string,
  report: Report,
): void {
  if (mountPoint !== '' && (!isPlainPath(mountPoint) || /[\s#\\]/.test(mountPoint)))
    report(`${place}.MountPoint`, `'${mountPoint}' is not an absolute path without '..'`);
  if (/[\s#]/.test(mountOptions)) report(`${place}.MountOptions`, `'${mountOptions}' holds a blank or '#'`);
  if (mountIdentifier === 'partlabel' && !isPlainName(partition?.name ?? ''))
    report(`${place}.MountIdentifier`, "'partlabel' needs a partition with a plain Name");
}
