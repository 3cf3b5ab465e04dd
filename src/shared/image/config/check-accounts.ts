import type { ImageConfig, UserConfig } from './config.ts';
import { hasControlCharacter, isPlainPath } from './plain-text.ts';
import type { Report } from './values.ts';

const accountName = /^[a-z_][a-z0-9_-]{0,30}\$?$/;
const largestId = 60000;

/** Bytes that the host's tool hashes; it cuts a longer password off. */
const longestPassword = 256;

/** Checks names, numbers, passwords and paths of groups and users. */
export function checkAccounts({ system }: ImageConfig, report: Report): void {
  const at = '$.SystemConfigs[0]';
  const groups = new Set<string>();
  for (const [index, { name, gid }] of system.groups.entries()) {
    const place = `${at}.Groups[${index}]`;
    if (!accountName.test(name)) report(`${place}.Name`, `'${name}' is not a group name`);
    if (groups.has(name)) report(`${place}.Name`, `'${name}' is named twice`);
    if (gid !== undefined && gid > largestId) report(`${place}.GID`, `${gid} is over ${largestId}`);
    groups.add(name);
  }
  const users = new Set<string>();
  for (const [index, user] of system.users.entries()) {
    const place = `${at}.Users[${index}]`;
    if (users.has(user.name)) report(`${place}.Name`, `'${user.name}' is named twice`);
    users.add(user.name);
    checkIdentity(user, place, report);
    checkPassword(user, place, report);
    checkPaths(user, place, report);
  }
}

function checkIdentity({ name, uid, primaryGroup, secondaryGroups }: UserConfig, at: string, report: Report) {
  if (!accountName.test(name)) report(`${at}.Name`, `'${name}' is not a user name`);
  if (uid !== undefined && uid > largestId) report(`${at}.UID`, `${uid} is over ${largestId}`);
  if (uid !== undefined && (uid === 0) !== (name === 'root'))
    report(`${at}.UID`, 'UID 0 is root, and root alone');
  const named: [string, string][] = [['PrimaryGroup', primaryGroup]];
  for (const [number, group] of secondaryGroups.entries()) named.push([`SecondaryGroups[${number}]`, group]);
  for (const [key, group] of named)
    if (group !== '' && !accountName.test(group)) report(`${at}.${key}`, `'${group}' is not a group name`);
}

function checkPassword(user: UserConfig, at: string, report: Report): void {
  if (hasControlCharacter(user.password)) report(`${at}.Password`, 'This holds a control character');
  const bytes = Buffer.byteLength(user.password);
  if (!user.passwordHashed && bytes > longestPassword)
    report(`${at}.Password`, `This has ${bytes} bytes, and at most ${longestPassword} are allowed`);
  if (user.passwordHashed && /[:\s]/.test(user.password))
    report(`${at}.Password`, 'This is not a hash as /etc/shadow holds it');
  const days = user.passwordExpiresDays;
  if (days < -1 || days > 99999) report(`${at}.PasswordExpiresDays`, `${days} is not from -1 to 99999`);
  else if (days > 0) {
    const why = "a password's days count from 2025-01-01, so that an image is reproducible";
    const message = `This is known but not supported yet: ${why}, and it would have expired at the first boot`;
    report(`${at}.PasswordExpiresDays`, message, 'Leave it out.');
  }
}

function checkPaths(user: UserConfig, at: string, report: Report): void {
  const paths = { HomeDirectory: user.homeDirectory, StartupCommand: user.startupCommand };
  for (const [key, path] of Object.entries(paths)) {
    if (path !== '' && (!isPlainPath(path) || path.includes(':')))
      report(`${at}.${key}`, `'${path}' is not an absolute path without '..'`);
  }
  for (const [number, key] of user.sshPubKeys.entries())
    if (hasControlCharacter(key)) report(`${at}.SSHPubKeys[${number}]`, 'This holds a line break');
}
