import { parseUserJson } from '../../base/json.ts';
import { failOnProblems, type Problem } from '../../base/problems.ts';
import { checkConfig } from './checks.ts';
import type { AdditionalFile, ImageConfig, UserConfig } from './config.ts';
import { additionalFile, configTable, type Table } from './schema-table.ts';
import { Findings, isObject, member, readValue, type Values } from './values.ts';

/**
 * Reads an Azure Linux image config (JSON). Pure: `readNamedFiles` finds the files that it names.
 * @param file the config's path as the user wrote it, for messages
 * @throws ProblemsError with everything that is wrong, each with its JSON path
 */
export function parseImageConfig(text: string, file: string): { config: ImageConfig; warnings: Problem[] } {
  const findings = new Findings(file);
  const root = partOf(parseUserJson(text, file), configTable, '$', findings);
  const disk = onlyPart(root, 'Disks', 'disk');
  const system = onlyPart(root, 'SystemConfigs', 'system');
  const config = { disk: disk && readDisk(disk), system: system && readSystem(system) } as ImageConfig;
  if (disk !== undefined && system !== undefined) checkConfig(config, findings);
  failOnProblems(firstOfEachPlace(findings.problems));
  return { config, warnings: findings.warnings };
}

/** Returns the first of a list that needs exactly one entry; reports any other number. */
function onlyPart(root: Part, key: string, what: string): Part | undefined {
  const { findings } = root;
  const [first, second] = root.parts(key);
  if (first === undefined && !findings.hasProblem(`$.${key}`))
    findings.report(`$.${key}`, `There is no ${what}`, 'An image needs one entry.');
  if (second !== undefined)
    findings.report(second.path, `More than one ${what} is known but not supported yet`);
  return first;
}

/** Keeps the first problem of each place: a value of the wrong kind is not also missing. */
function firstOfEachPlace(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((one) => {
    const place = one.path ?? one.message;
    return seen.has(place) ? false : seen.add(place);
  });
}

/** Reads an object of the config by its table. */
function partOf(value: unknown, keys: Table, path: string, findings: Findings): Part {
  const values = (readValue(value, { is: 'object', keys }, path, findings) ?? {}) as Values;
  return new Part(values, path, findings);
}

/** An object of the config, checked by its table. Gives typed values, and reports what is missing. */
class Part {
  readonly path: string;
  readonly findings: Findings;
  readonly #values: Values;

  constructor(values: Values, path: string, findings: Findings) {
    this.path = path;
    this.findings = findings;
    this.#values = values;
  }

  part(key: string): Part {
    return new Part(this.given(key, {}), member(this.path, key), this.findings);
  }

  parts(key: string): Part[] {
    const path = member(this.path, key);
    const list = this.given<Values[]>(key, []);
    return list.map((values, index) => new Part(values, `${path}[${index}]`, this.findings));
  }

  /** Returns a value of the type that the table says. */
  given<T>(key: string, otherwise: T): T {
    return (this.#values[key] as T | undefined) ?? otherwise;
  }

  /** Returns a required value; reports a missing one and returns `otherwise`. */
  needed<T>(key: string, otherwise: T): T {
    const path = member(this.path, key);
    if (this.#values[key] === undefined && !this.findings.hasProblem(path))
      this.findings.report(path, `'${key}' is missing`);
    return this.given(key, otherwise);
  }

  /** Returns a number, also where it is written as a text, as in Azure Linux's configs. */
  numeral(key: string): number | undefined {
    const value = this.#values[key];
    if (value === undefined || value === '') return undefined;
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
    this.findings.report(member(this.path, key), `${JSON.stringify(value)} is not a number`);
    return undefined;
  }
}

function readDisk(disk: Part): ImageConfig['disk'] {
  disk.needed('PartitionTableType', 'gpt');
  return {
    maxSize: disk.needed('MaxSize', 0),
    artifacts: disk.parts('Artifacts').map((artifact) => ({
      name: artifact.given('Name', ''),
      type: artifact.needed('Type', 'raw'),
    })),
    partitions: disk.parts('Partitions').map((partition) => ({
      id: partition.needed('ID', ''),
      name: partition.given('Name', ''),
      start: partition.needed('Start', 0),
      end: partition.given('End', 0),
      fsType: partition.needed('FsType', 'ext4'),
      flags: partition.given('Flags', []),
      type: partition.given('Type', ''),
      typeUuid: partition.given('TypeUUID', '').toUpperCase(),
    })),
  };
}

function readSystem(system: Part): ImageConfig['system'] {
  system.needed('BootType', 'efi');
  const scripts = (key: string) =>
    system.parts(key).map((script) => ({ path: script.needed('Path', ''), args: script.given('Args', '') }));
  return {
    name: system.needed('Name', ''),
    hostname: system.given('Hostname', ''),
    packageLists: system.given('PackageLists', []),
    packages: system.given('Packages', []),
    kernelPackage: system.part('KernelOptions').given('default', ''),
    kernelCommandLine: system.part('KernelCommandLine').given('ExtraCommandLine', ''),
    partitionSettings: system.parts('PartitionSettings').map((setting) => ({
      id: setting.needed('ID', ''),
      mountPoint: setting.given('MountPoint', ''),
      mountOptions: setting.given('MountOptions', ''),
      mountIdentifier: setting.given('MountIdentifier', 'partuuid'),
    })),
    additionalFiles: readAdditionalFiles(system),
    postInstallScripts: scripts('PostInstallScripts'),
    finalizeImageScripts: scripts('FinalizeImageScripts'),
    groups: system.parts('Groups').map((group) => ({
      gid: group.numeral('GID'),
      name: group.given('Name', ''),
    })),
    users: system.parts('Users').map(readUser),
  };
}

function readUser(user: Part): UserConfig {
  return {
    uid: user.numeral('UID'),
    name: user.needed('Name', ''),
    password: user.given('Password', ''),
    passwordHashed: user.given('PasswordHashed', false),
    passwordExpiresDays: user.given('PasswordExpiresDays', 0),
    sshPubKeys: user.given('SSHPubKeys', []),
    sshPubKeyPaths: user.given('SSHPubKeyPaths', []),
    primaryGroup: user.given('PrimaryGroup', ''),
    secondaryGroups: user.given('SecondaryGroups', []),
    startupCommand: user.given('StartupCommand', ''),
    homeDirectory: user.given('HomeDirectory', ''),
  };
}

/** Reads `{source: target}`, `{source: {Path, Permissions}}`, or a list of either as the value. */
function readAdditionalFiles(system: Part): AdditionalFile[] {
  const { findings } = system;
  const at = member(system.path, 'AdditionalFiles');
  const value: unknown = system.given('AdditionalFiles', {});
  if (!isObject(value)) {
    findings.report(at, 'Expected an object: path of the source → path in the image');
    return [];
  }
  return Object.entries(value).flatMap(([source, targets]) =>
    (Array.isArray(targets) ? targets : [targets]).flatMap((given: unknown, index) => {
      const place = member(at, source) + (Array.isArray(targets) ? `[${index}]` : '');
      if (typeof given === 'string') return [{ source, target: given }];
      if (!isObject(given)) {
        findings.report(place, 'Expected a path, or an object with Path and Permissions');
        return [];
      }
      const entry = partOf(given, additionalFile, place, findings);
      const target = entry.needed<string | undefined>('Path', undefined);
      if (target === undefined) return [];
      const permissions = entry.given('Permissions', '');
      if (permissions === '') return [{ source, target }];
      const isOctal = /^[0-7]{3,4}$/.test(permissions);
      const message = `'${permissions}' is not an octal number of three or four digits`;
      if (!isOctal) findings.report(`${place}.Permissions`, message, 'Such as "0644".');
      return [{ source, target, mode: Number.parseInt(permissions, 8) }];
    }),
  );
}
