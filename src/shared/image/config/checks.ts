import { partitionEnd, tableMiB } from '../manifest/layout.ts';
import { isLost } from '../manifest/obsolete-files.ts';
import type { ImageConfig } from './config.ts';
import { type Findings, member } from './values.ts';

const accountName = /^[a-z_][a-z0-9_-]{0,30}\$?$/;
const hostLabel = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const guid = /^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/;
/** What may stand in a file name that we make, in a fstab field, in a GPT label. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
const control = /\p{Cc}/u;

/**
 * What the types cannot say: sizes, overlaps, names, references between parts. Adds to `findings`; a part in which
 * something is wrong already is not looked at, so that one mistake is told once.
 */
export function checkConfig(config: ImageConfig, findings: Findings): void {
  const fault = (path: string, message: string, hint?: string) =>
    findings.problems.push({ message, file: findings.file, path, ...(hint ? { hint: hint } : {}) });
  const isSound = (...parts: RegExp[]) =>
    !findings.problems.some(({ path }) => path !== undefined && parts.some((part) => part.test(path)));
  const accounts = isSound(/\.(Users|Groups)(\[\d+\])?$/);
  if (isSound(/^\$\.Disks/)) checkDisk(config, fault);
  if (isSound(/^\$\.Disks$/, /\.Partitions$/, /\.(ID|FsType|PartitionSettings|MountPoint)$/))
    checkMounts(config, fault);
  checkSystem(config, fault);
  if (accounts) checkAccounts(config, fault);
  checkFiles(config, fault);
}

type Fault = (path: string, message: string, hint?: string) => void;

function checkDisk({ disk, system }: ImageConfig, fault: Fault): void {
  const at = '$.Disks[0]';
  if (disk.maxSize < 8 || disk.maxSize > 1024 * 1024)
    fault(`${at}.MaxSize`, `${disk.maxSize} MiB is no size of a disk`, 'Give MiB, from 8 to 1048576.');
  if (disk.artifacts.length === 0)
    fault(`${at}.Artifacts`, 'There is no artifact', 'Give at least one: raw or qcow2.');
  const kinds = new Set<string>();
  for (const [index, artifact] of disk.artifacts.entries()) {
    const place = `${at}.Artifacts[${index}]`;
    if (artifact.name !== '' && !plainName.test(artifact.name))
      fault(`${place}.Name`, `'${artifact.name}' is no plain file name`);
    const file = `${artifact.name || system.name.trim().replaceAll(' ', '-')}.${artifact.type}`;
    if (kinds.has(file)) fault(place, 'This artifact is named twice');
    kinds.add(file);
  }
  if (disk.partitions.length === 0) fault(`${at}.Partitions`, 'There is no partition');
  if (disk.partitions.length > 128) fault(`${at}.Partitions`, 'A GPT holds at most 128 partitions');
  const ids = new Set<string>();
  const taken: { start: number; end: number; id: string }[] = [];
  for (const [index, partition] of disk.partitions.entries()) {
    const place = `${at}.Partitions[${index}]`;
    if (ids.has(partition.id)) fault(`${place}.ID`, `'${partition.id}' is the ID of two partitions`);
    ids.add(partition.id);
    if (!/^[\x20-\x7e]{0,35}$/.test(partition.name) || /["\\]/.test(partition.name))
      fault(`${place}.Name`, `'${partition.name}' is no label of up to 35 ASCII characters`);
    if (partition.typeUuid !== '' && !guid.test(partition.typeUuid))
      fault(`${place}.TypeUUID`, `'${partition.typeUuid}' is no GUID`);
    if (partition.typeUuid !== '' && partition.type !== '')
      fault(`${place}.TypeUUID`, 'Type and TypeUUID say the same twice', 'Give one of them.');
    if (partition.start < tableMiB)
      fault(`${place}.Start`, `${partition.start} is too low`, 'The first MiB holds the partition table.');
    if (partition.end < 0) fault(`${place}.End`, `${partition.end} is no place on a disk`);
    if (partition.end > disk.maxSize)
      fault(`${place}.End`, `${partition.end} lies behind the disk's end, ${disk.maxSize} MiB`);
    const end = partitionEnd(partition, disk);
    if (partition.end >= 0 && end <= partition.start)
      fault(
        `${place}.End`,
        `The partition ends at ${end} MiB, where it has not begun (${partition.start} MiB)`,
        ...(end === disk.maxSize - tableMiB ? ['The last MiB of the disk holds a copy of the table.'] : []),
      );
    const other = taken.find((one) => partition.start < one.end && one.start < end);
    if (other !== undefined) fault(`${place}.Start`, `The partition overlaps partition '${other.id}'`);
    taken.push({ start: partition.start, end, id: partition.id });
  }
  const isEsp = (partition: ImageConfig['disk']['partitions'][number]) =>
    partition.flags.includes('esp') || partition.type === 'esp';
  const esps = disk.partitions.filter(isEsp);
  if (esps.length !== 1 && disk.partitions.length > 0)
    fault(
      `${at}.Partitions`,
      `BootType efi needs one partition with the flag 'esp', there are ${esps.length}`,
    );
  for (const [index, partition] of disk.partitions.entries()) {
    if (isEsp(partition) && partition.fsType === 'ext4')
      fault(`${at}.Partitions[${index}].FsType`, 'Firmware does not read ext4', 'The ESP needs fat32.');
  }
}

function checkMounts({ disk, system }: ImageConfig, fault: Fault): void {
  const at = '$.SystemConfigs[0].PartitionSettings';
  const ids = new Map(disk.partitions.map((partition) => [partition.id, partition]));
  const used = new Set<string>();
  const points = new Set<string>();
  for (const [index, setting] of system.partitionSettings.entries()) {
    const partition = ids.get(setting.id);
    if (partition === undefined)
      fault(
        `${at}[${index}].ID`,
        `No partition has the ID '${setting.id}'`,
        `There are: ${[...ids.keys()].join(', ')}.`,
      );
    if (used.has(setting.id)) fault(`${at}[${index}].ID`, `Partition '${setting.id}' has two settings`);
    used.add(setting.id);
    if (setting.mountPoint !== '') {
      if (!isPlainPath(setting.mountPoint) || /[\s#\\]/.test(setting.mountPoint))
        fault(`${at}[${index}].MountPoint`, `'${setting.mountPoint}' is no absolute path without '..'`);
      if (points.has(setting.mountPoint))
        fault(`${at}[${index}].MountPoint`, `'${setting.mountPoint}' is the mount point of two partitions`);
      points.add(setting.mountPoint);
    }
    if (/[\s#]/.test(setting.mountOptions))
      fault(`${at}[${index}].MountOptions`, `'${setting.mountOptions}' holds a blank or '#'`);
    if (setting.mountIdentifier === 'partlabel' && !plainName.test(partition?.name ?? ''))
      fault(`${at}[${index}].MountIdentifier`, "'partlabel' needs a partition with a plain Name");
  }
  const roots = system.partitionSettings.filter((setting) => setting.mountPoint === '/');
  const root = roots[0];
  if (root === undefined) fault(at, "No partition is mounted on '/'");
  else if (roots.length === 1 && (ids.get(root.id)?.fsType ?? 'ext4') !== 'ext4')
    fault(at, "The partition on '/' needs ext4");
}

function checkSystem({ system }: ImageConfig, fault: Fault): void {
  const at = '$.SystemConfigs[0]';
  if (!plainName.test(system.name.replaceAll(' ', '-')))
    fault(`${at}.Name`, `'${system.name}' gives no plain file name`);
  const labels = system.hostname.split('.');
  if (
    system.hostname !== '' &&
    (system.hostname.length > 64 || !labels.every((label) => hostLabel.test(label)))
  )
    fault(`${at}.Hostname`, `'${system.hostname}' is no host name`, "Letters, digits, '-' and '.' make one.");
  if (system.packageLists.length + system.packages.length === 0)
    fault(at, 'There is no package', 'Give PackageLists or Packages.');
  if (control.test(system.kernelCommandLine) || system.kernelCommandLine.includes('`'))
    fault(`${at}.KernelCommandLine.ExtraCommandLine`, 'This holds a backtick or a line break');
}

function checkAccounts({ system }: ImageConfig, fault: Fault): void {
  const at = '$.SystemConfigs[0]';
  const groups = new Set<string>();
  for (const [index, group] of system.groups.entries()) {
    if (!accountName.test(group.name))
      fault(`${at}.Groups[${index}].Name`, `'${group.name}' is no group name`);
    if (groups.has(group.name)) fault(`${at}.Groups[${index}].Name`, `'${group.name}' is named twice`);
    if (group.gid !== undefined && group.gid > 60000)
      fault(`${at}.Groups[${index}].GID`, `${group.gid} is over 60000`);
    groups.add(group.name);
  }
  const users = new Set<string>();
  for (const [index, user] of system.users.entries()) {
    const place = `${at}.Users[${index}]`;
    if (!accountName.test(user.name)) fault(`${place}.Name`, `'${user.name}' is no user name`);
    if (users.has(user.name)) fault(`${place}.Name`, `'${user.name}' is named twice`);
    users.add(user.name);
    if (user.uid !== undefined && user.uid > 60000) fault(`${place}.UID`, `${user.uid} is over 60000`);
    if (user.uid !== undefined && (user.uid === 0) !== (user.name === 'root'))
      fault(`${place}.UID`, 'UID 0 is root, and root alone');
    if (control.test(user.password)) fault(`${place}.Password`, 'This holds a control character');
    if (user.passwordHashed && /[:\s]/.test(user.password))
      fault(`${place}.Password`, 'This is no hash as /etc/shadow keeps it');
    const days = user.passwordExpiresDays;
    if (days < -1 || days > 99999) fault(`${place}.PasswordExpiresDays`, `${days} is not from -1 to 99999`);
    else if (days > 0)
      fault(
        `${place}.PasswordExpiresDays`,
        "This is known but not supported yet: a password's days count from 2025-01-01, so that an image is the same twice, and it would have expired at the first boot",
        'Leave it out.',
      );
    const named: [string, string][] = [['PrimaryGroup', user.primaryGroup]];
    for (const [number, group] of user.secondaryGroups.entries())
      named.push([`SecondaryGroups[${number}]`, group]);
    for (const [key, group] of named) {
      if (group !== '' && !accountName.test(group)) fault(`${place}.${key}`, `'${group}' is no group name`);
    }
    for (const key of ['homeDirectory', 'startupCommand'] as const) {
      const name = key === 'homeDirectory' ? 'HomeDirectory' : 'StartupCommand';
      if (user[key] !== '' && (!isPlainPath(user[key]) || user[key].includes(':')))
        fault(`${place}.${name}`, `'${user[key]}' is no absolute path without '..'`);
    }
    for (const [number, key] of user.sshPubKeys.entries()) {
      if (control.test(key)) fault(`${place}.SSHPubKeys[${number}]`, 'This holds a line break');
    }
  }
}

function checkFiles({ system }: ImageConfig, fault: Fault): void {
  for (const { source, target } of system.additionalFiles) {
    const at = member('$.SystemConfigs[0].AdditionalFiles', source);
    if (!isPlainPath(target) || target === '/') fault(at, `'${target}' is no absolute path without '..'`);
    else if (isLost(target))
      fault(
        at,
        `'${target}' would not be in the image: nothing stays there`,
        'A system makes what it needs there at boot: see tmpfiles.d.',
      );
  }
}

/** Absolute, without `.`, `..`, empty parts or control characters. */
function isPlainPath(path: string): boolean {
  if (path === '/') return true;
  return (
    path.startsWith('/') &&
    !control.test(path) &&
    path
      .slice(1)
      .split('/')
      .every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
