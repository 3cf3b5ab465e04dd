import { parseUserJson } from '../../base/json.ts';
import { type Problem, ProblemsError } from '../../base/problems.ts';
import { checkConfig } from './checks.ts';
import type { AdditionalFile, ImageConfig, UserConfig } from './config.ts';
import { Findings } from './findings.ts';
import { additionalFile, configTable, type Kind } from './schema-table.ts';
import { isObject, member, readValue } from './values.ts';

type Values = Record<string, unknown>;

/**
 * Reads an Azure Linux image config (JSON). Pure: `readNamedFiles` finds the files that it names.
 * @param file the config's path as the user wrote it, for messages
 * @throws ProblemsError with everything that is wrong, each with its JSON path
 */
export function parseImageConfig(text: string, file: string): { config: ImageConfig; warnings: Problem[] } {
  const json = parseUserJson(text, file);
  const findings = new Findings(file);
  const root = (readValue(json, { is: 'object', keys: configTable }, '$', findings) ?? {}) as Values;
  const reader = new Reader(findings);
  const disks = reader.objects(root, 'Disks');
  const systems = reader.objects(root, 'SystemConfigs');
  if (disks.length === 0 && !findings.hasProblem('$.Disks'))
    findings.report('$.Disks', 'There is no disk', 'An image needs one entry.');
  if (disks.length > 1) findings.report('$.Disks[1]', 'More than one disk is known but not supported yet');
  if (systems.length === 0 && !findings.hasProblem('$.SystemConfigs'))
    findings.report('$.SystemConfigs', 'There is no system', 'An image needs one entry.');
  if (systems.length > 1)
    findings.report('$.SystemConfigs[1]', 'More than one system is known but not supported yet');
  const config: ImageConfig = {
    disk: readDisk(disks[0], reader),
    system: readSystem(systems[0], reader),
  };
  if (disks.length > 0 && systems.length > 0) checkConfig(config, findings);
  if (findings.problems.length > 0) throw new ProblemsError(firstOfEachPlace(findings.problems));
  return { config, warnings: findings.warnings };
}

/** Keeps the first problem of each place: a value of the wrong kind is not also missing. */
function firstOfEachPlace(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((one) => {
    const place = one.path ?? one.message;
    return seen.has(place) ? false : seen.add(place);
  });
}

/** Takes typed values out of what the table has checked, and reports what is missing. */
class Reader {
  readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** Checks a value that the table accepts as anything. */
  value(value: unknown, kind: Kind, path: string): unknown {
    return readValue(value, kind, path, this.findings);
  }

  objects(from: Values, key: string): Values[] {
    return (from[key] as Values[] | undefined) ?? [];
  }

  text(from: Values, key: string): string {
    return (from[key] as string | undefined) ?? '';
  }

  texts(from: Values, key: string): string[] {
    return (from[key] as string[] | undefined) ?? [];
  }

  /** Returns a required value; reports a missing one and returns `otherwise`. */
  needed<T>(from: Values, key: string, path: string, otherwise: T): T {
    if (from[key] === undefined && !this.findings.hasProblem(member(path, key)))
      this.findings.report(member(path, key), `'${key}' is missing`);
    return (from[key] as T | undefined) ?? otherwise;
  }

  /** Returns a number, also where it is written as a text, as in Azure Linux's configs. */
  numeral(from: Values, key: string, path: string): number | undefined {
    const value = from[key];
    if (value === undefined || value === '') return undefined;
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
    this.findings.report(member(path, key), `${JSON.stringify(value)} is not a number`);
    return undefined;
  }
}

function readDisk(given: Values | undefined, reader: Reader): ImageConfig['disk'] {
  const at = '$.Disks[0]';
  const disk = given ?? {};
  if (given !== undefined) reader.needed(disk, 'PartitionTableType', at, 'gpt');
  return {
    maxSize: given === undefined ? 0 : reader.needed(disk, 'MaxSize', at, 0),
    artifacts: reader.objects(disk, 'Artifacts').map((artifact, index) => ({
      name: reader.text(artifact, 'Name'),
      type: reader.needed(artifact, 'Type', `${at}.Artifacts[${index}]`, 'raw'),
    })),
    partitions: reader.objects(disk, 'Partitions').map((partition, index) => ({
      id: reader.needed(partition, 'ID', `${at}.Partitions[${index}]`, ''),
      name: reader.text(partition, 'Name'),
      start: reader.needed(partition, 'Start', `${at}.Partitions[${index}]`, 0),
      end: (partition['End'] as number | undefined) ?? 0,
      fsType: reader.needed(partition, 'FsType', `${at}.Partitions[${index}]`, 'ext4'),
      flags: reader.texts(partition, 'Flags'),
      type: reader.text(partition, 'Type'),
      typeUuid: reader.text(partition, 'TypeUUID').toUpperCase(),
    })),
  };
}

function readSystem(given: Values | undefined, reader: Reader): ImageConfig['system'] {
  const at = '$.SystemConfigs[0]';
  const system = given ?? {};
  if (given !== undefined) reader.needed(system, 'BootType', at, 'efi');
  const scripts = (key: string) =>
    reader.objects(system, key).map((script, index) => ({
      path: reader.needed(script, 'Path', `${at}.${key}[${index}]`, ''),
      args: reader.text(script, 'Args'),
    }));
  const options = (system['KernelOptions'] as Record<string, string> | undefined) ?? {};
  return {
    name: given === undefined ? '' : reader.needed(system, 'Name', at, ''),
    hostname: reader.text(system, 'Hostname'),
    packageLists: reader.texts(system, 'PackageLists'),
    packages: reader.texts(system, 'Packages'),
    kernelPackage: options['default'] ?? '',
    kernelCommandLine: reader.text(
      (system['KernelCommandLine'] as Values | undefined) ?? {},
      'ExtraCommandLine',
    ),
    partitionSettings: reader.objects(system, 'PartitionSettings').map((setting, index) => ({
      id: reader.needed(setting, 'ID', `${at}.PartitionSettings[${index}]`, ''),
      mountPoint: reader.text(setting, 'MountPoint'),
      mountOptions: reader.text(setting, 'MountOptions'),
      mountIdentifier: (setting['MountIdentifier'] as 'uuid' | undefined) ?? 'partuuid',
    })),
    additionalFiles: readAdditionalFiles(system['AdditionalFiles'], `${at}.AdditionalFiles`, reader),
    postInstallScripts: scripts('PostInstallScripts'),
    finalizeImageScripts: scripts('FinalizeImageScripts'),
    groups: reader.objects(system, 'Groups').map((group, index) => {
      const gid = reader.numeral(group, 'GID', `${at}.Groups[${index}]`);
      return { name: reader.text(group, 'Name'), ...(gid === undefined ? {} : { gid }) };
    }),
    users: reader
      .objects(system, 'Users')
      .map((user, index) => readUser(user, `${at}.Users[${index}]`, reader)),
  };
}

function readUser(user: Values, at: string, reader: Reader): UserConfig {
  const uid = reader.numeral(user, 'UID', at);
  return {
    name: reader.needed(user, 'Name', at, ''),
    ...(uid === undefined ? {} : { uid }),
    password: reader.text(user, 'Password'),
    passwordHashed: user['PasswordHashed'] === true,
    passwordExpiresDays: (user['PasswordExpiresDays'] as number | undefined) ?? 0,
    sshPubKeys: reader.texts(user, 'SSHPubKeys'),
    sshPubKeyPaths: reader.texts(user, 'SSHPubKeyPaths'),
    primaryGroup: reader.text(user, 'PrimaryGroup'),
    secondaryGroups: reader.texts(user, 'SecondaryGroups'),
    startupCommand: reader.text(user, 'StartupCommand'),
    homeDirectory: reader.text(user, 'HomeDirectory'),
  };
}

/** Reads `{source: target}`, `{source: {Path, Permissions}}`, or a list of either as the value. */
function readAdditionalFiles(value: unknown, at: string, reader: Reader): AdditionalFile[] {
  if (value === undefined) return [];
  if (!isObject(value)) {
    reader.findings.report(at, 'Expected an object: path of the source → path in the image');
    return [];
  }
  return Object.entries(value).flatMap(([source, targets]) =>
    (Array.isArray(targets) ? targets : [targets]).flatMap((given: unknown, index) => {
      const place = member(at, source) + (Array.isArray(targets) ? `[${index}]` : '');
      if (typeof given === 'string') return [{ source, target: given }];
      if (!isObject(given)) {
        reader.findings.report(place, 'Expected a path, or an object with Path and Permissions');
        return [];
      }
      const entry = reader.value(given, additionalFile, place) as Values;
      const target = reader.needed<string | undefined>(entry, 'Path', place, undefined);
      if (target === undefined) return [];
      const permissions = reader.text(entry, 'Permissions');
      if (permissions === '') return [{ source, target }];
      if (!/^[0-7]{3,4}$/.test(permissions))
        reader.findings.report(
          member(place, 'Permissions'),
          `'${permissions}' is not an octal number of three or four digits`,
          'Such as "0644".',
        );
      return [{ source, target, mode: Number.parseInt(permissions, 8) }];
    }),
  );
}
