import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { nearestHint } from '../base/nearest-name.ts';
import { failOnProblems, type Problem, ProblemsError } from '../base/problems.ts';
import { readUserFile } from '../host/files.ts';

/** An enabled repository of a `.repo` file. */
export interface Repository {
  id: string;
  /** Mirrors, each ending in `/`; the first that answers is used. */
  addresses: string[];
  /** True: each RPM must be signed with one of `keys`. */
  signedRpms: boolean;
  /** True: `repomd.xml`, which holds the digest of the package list, must be signed, too. */
  signedMetadata: boolean;
  /** Public keys: paths, or http and https addresses. */
  keys: string[];
  /** The `.repo` file, and the line of its section. */
  file: string;
  line: number;
}

/** `$releasever` and the like. */
type RepoVariables = Readonly<Record<string, string>>;
type Option = { text: string; line: number };
type Section = { id: string; line: number; options: Map<string, Option> };

/** Adds a problem at a line. */
type Report = (line: number, message: string, hint?: string) => void;

const supported = ['enabled', 'baseurl', 'gpgcheck', 'repo_gpgcheck', 'gpgkey', 'sslverify'];

/** Options without effect: texts for people, and other programs' caches and downloads. */
const ignored = [
  ...['name', 'type', 'cost', 'countme', 'keepcache', 'fastestmirror', 'deltarpm', 'module_hotfixes'],
  ...['metadata_expire', 'mirrorlist_expire', 'skip_if_unavailable', 'failovermethod', 'http_caching'],
  ...['timeout', 'retries', 'minrate', 'throttle', 'bandwidth', 'max_parallel_downloads', 'ip_resolve'],
];

/** Options that would change the choice of packages, their source, or the trust in it. */
const refused = [
  ...['mirrorlist', 'metalink', 'priority', 'includepkgs', 'excludepkgs', 'exclude'],
  ...['proxy', 'proxy_username', 'proxy_password', 'username', 'password'],
  ...['sslcacert', 'sslclientcert', 'sslclientkey'],
];

/**
 * Reads the enabled repositories of `.repo` files, in order.
 * @param files paths, as the user wrote them
 * @throws ProblemsError with everything that is wrong with any of them
 */
export async function readRepoFiles(
  files: readonly string[],
  { releasever, arch }: { releasever: string; arch: string },
): Promise<Repository[]> {
  const variables = { releasever, basearch: arch, arch };
  const problems: Problem[] = [];
  const repositories: Repository[] = [];
  for (const file of files) {
    const text = await readUserFile(file, 'This .repo file').catch((error: unknown) => {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    });
    if (text === undefined) continue;
    const read = parseRepoFile(text, file, variables);
    problems.push(...read.problems);
    for (const one of read.repositories) {
      const other = repositories.find(({ id }) => id === one.id);
      const message = `The repository '${one.id}' is in ${other?.file}, too`;
      if (other === undefined) repositories.push({ ...one, keys: one.keys.map((key) => keyAt(key, file)) });
      else problems.push({ message, file, line: one.line });
    }
  }
  failOnProblems(problems);
  return repositories;
}

/**
 * Reads the enabled repositories of a `.repo` file, in its order, and its problems. It has sections of `option=value`, as
 * in dnf.conf(5); a line that begins with a blank continues the value of the line before it. What dnf reads in another
 * way is refused. Pure.
 * @param file its path, as the user wrote it: relative paths of keys are relative to its folder
 */
export function parseRepoFile(
  text: string,
  file: string,
  variables: RepoVariables,
): { repositories: Repository[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (line, message, hint) => problems.push({ message, file, line, hint });
  const repositories = sectionsOf(text, report).flatMap(
    (section) => repositoryOf(section, file, variables, report) ?? [],
  );
  if (repositories.length === 0 && problems.length === 0)
    problems.push({ message: 'No repository in it is enabled', file });
  return { repositories, problems };
}

function sectionsOf(text: string, report: Report): Section[] {
  const sections: Section[] = [];
  let option: Option | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (/^([#;]|\s*$)/.test(raw)) {
      option = undefined;
      continue;
    }
    const section = /^\[([^\]]*)\]\s*$/.exec(raw);
    const setting = /^([A-Za-z_]+)\s*=\s*(.*)$/.exec(raw);
    const inside = sections.at(-1);
    if (section !== null) {
      const id = (section[1] as string).trim();
      if (!/^[\w.:-]+$/.test(id)) report(line, `'${id}' is not a name of a repository`);
      if (sections.some((one) => one.id === id)) report(line, `The repository '${id}' is defined twice`);
      sections.push({ id, line, options: new Map() });
      option = undefined;
    } else if (/^\s+[^\s[]/.test(raw) && option !== undefined) option.text += ` ${raw.trim()}`;
    else if (setting === null || inside === undefined) {
      const hint = "Write '[id]', then 'option=value' lines.";
      report(line, `'${raw.trim()}' is not an option of a repository`, hint);
    } else {
      option = { text: (setting[2] as string).trim(), line };
      inside.options.set(setting[1] as string, option);
    }
  }
  return sections;
}

function repositoryOf(
  { id, line, options }: Section,
  file: string,
  variables: RepoVariables,
  report: Report,
): Repository | undefined {
  for (const [name, option] of options) checkName(name, option, report);
  const flag = (name: string, otherwise: boolean) => flagOf(name, options.get(name), otherwise, report);
  const values = (name: string) => valuesOf(options.get(name), variables, report);
  // dnf's own default is 0. Here, RPMs must be signed unless the file says otherwise.
  const signedRpms = flag('gpgcheck', true);
  const signedMetadata = flag('repo_gpgcheck', false);
  const verified = flag('sslverify', true);
  if (!flag('enabled', true)) return undefined;
  const addresses = values('baseurl').map((address) => address.replace(/\/*$/, '/'));
  const keys = values('gpgkey').map((key) => keyPlace(key, file));
  const at = (name: string) => options.get(name)?.line ?? line;
  const wrong = addresses.find((address) => !isWeb(address));
  const folderHint = "Give a folder of RPMs as the input 'rpms-dir'.";
  const httpHint = 'Use an http address if its identity does not matter.';
  const keyHint = 'Name the public key that signs it, or write gpgcheck=0.';
  if (addresses.length === 0) report(line, `The repository '${id}' has no baseurl`);
  if (wrong !== undefined) report(at('baseurl'), `'${wrong}' is not an http or https address`, folderHint);
  if (!verified && addresses.some((address) => address.startsWith('https:')))
    report(at('sslverify'), 'sslverify=0 is not supported', httpHint);
  if ((signedRpms || signedMetadata) && keys.length === 0)
    report(line, `The repository '${id}' has no gpgkey`, keyHint);
  return { id, addresses, signedRpms, signedMetadata, keys, file, line };
}

function checkName(name: string, { line }: Option, report: Report): void {
  if (refused.includes(name))
    report(line, `The option '${name}' is not supported`, 'Remove it, and name each place in baseurl.');
  else if (!supported.includes(name) && !ignored.includes(name)) {
    const hint = nearestHint(name, [...supported, ...ignored]);
    report(line, `'${name}' is not an option of a repository`, hint);
  }
}

function flagOf(name: string, option: Option | undefined, otherwise: boolean, report: Report): boolean {
  if (option === undefined) return otherwise;
  if (/^(1|yes|true|on)$/i.test(option.text)) return true;
  if (!/^(0|no|false|off)$/i.test(option.text))
    report(option.line, `${name} is '${option.text}', expected 1 or 0`);
  return false;
}

/** Returns values between blanks or commas, with their variables replaced. */
function valuesOf(option: Option | undefined, variables: RepoVariables, report: Report): string[] {
  if (option === undefined) return [];
  return option.text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) =>
      word.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, plain?: string, braced?: string) => {
        const value = variables[plain ?? (braced as string)];
        if (value === undefined)
          report(option.line, `${whole} has no value`, `There are $${Object.keys(variables).join(', $')}.`);
        return value ?? whole;
      }),
    );
}

/** Returns the address or absolute path of a key: `file:///x` is `/x`, a relative path is relative to the file's folder. */
function keyPlace(key: string, file: string): string {
  if (isWeb(key)) return key;
  return posix.resolve(posix.dirname(file), key.replace(/^file:(?:\/\/)?/, ''));
}

/**
 * Returns the place of a key. A `.repo` file names it where it is installed with the file: if it is not there, the one of
 * that name beside the file is meant.
 */
function keyAt(key: string, file: string): string {
  if (isWeb(key) || existsSync(key)) return key;
  const beside = posix.join(posix.dirname(file), posix.basename(key));
  return existsSync(beside) ? posix.resolve(beside) : key;
}

/** True for an http or https address. Pure. */
export function isWeb(text: string): boolean {
  return /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);
}
