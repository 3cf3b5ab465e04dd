import { posix } from 'node:path';
import { nearestName } from '../../base/nearest-name.ts';
import type { Problem } from '../../base/problems.ts';

/** One repository of a `.repo` file that is enabled. */
export interface Repository {
  id: string;
  /** Places that hold the same, each ending in `/`; the first that answers counts. */
  addresses: string[];
  /** Each RPM has to be signed with one of `keys`. */
  signedRpms: boolean;
  /** So does `repomd.xml`, which vouches for all else. */
  signedMetadata: boolean;
  /** Public keys: paths, or http and https addresses. */
  keys: string[];
  /** Where it stands. */
  file: string;
  line: number;
}

/** `$releasever` and the like. */
export type RepoVariables = Readonly<Record<string, string>>;

interface Option {
  text: string;
  line: number;
}

interface Section {
  id: string;
  line: number;
  options: Map<string, Option>;
}

type Tell = (line: number, message: string, hint?: string) => void;

const read = ['enabled', 'baseurl', 'gpgcheck', 'repo_gpgcheck', 'gpgkey', 'sslverify'];

/** Of no meaning here: words for people, and how another program keeps or hastens things. */
const idle = [
  ...['name', 'type', 'cost', 'countme', 'keepcache', 'fastestmirror', 'deltarpm', 'module_hotfixes'],
  ...['metadata_expire', 'mirrorlist_expire', 'skip_if_unavailable', 'failovermethod', 'http_caching'],
  ...['timeout', 'retries', 'minrate', 'throttle', 'bandwidth', 'max_parallel_downloads', 'ip_resolve'],
];

/** What would change what is taken, from whom, or what is trusted. */
const refused = [
  ...['mirrorlist', 'metalink', 'priority', 'includepkgs', 'excludepkgs', 'exclude'],
  ...['proxy', 'proxy_username', 'proxy_password', 'username', 'password'],
  ...['sslcacert', 'sslclientcert', 'sslclientkey'],
];

/**
 * The enabled repositories of a `.repo` file, in its order, and all that is wrong with it. Sections of `option=value`,
 * as dnf.conf(5) and tdnf have it: a line that begins with a blank goes on with the value before it. Pure.
 * @param file its path, as the user wrote it: keys that are relative paths are beside it
 */
export function parseRepoFile(
  text: string,
  file: string,
  variables: RepoVariables,
): { repositories: Repository[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const tell: Tell = (line, message, hint) =>
    problems.push({ message, file, line, ...(hint === undefined ? {} : { hint: hint }) });
  const repositories = sectionsOf(text, tell).flatMap(
    (section) => repositoryOf(section, file, variables, tell) ?? [],
  );
  if (repositories.length === 0 && problems.length === 0)
    problems.push({ message: 'No repository in it is enabled', file });
  return { repositories, problems };
}

function sectionsOf(text: string, tell: Tell): Section[] {
  const sections: Section[] = [];
  let option: Option | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (/^\s*([#;]|$)/.test(raw)) continue;
    const section = /^\[([^\]]*)\]\s*$/.exec(raw);
    const setting = /^([A-Za-z_]+)\s*[=:]\s*(.*)$/.exec(raw);
    const inside = sections.at(-1);
    if (section !== null) {
      const id = (section[1] as string).trim();
      if (!/^[\w.:-]+$/.test(id)) tell(line, `'${id}' is no name of a repository`);
      if (sections.some((one) => one.id === id))
        tell(line, `The repository '${id}' stands here a second time`);
      sections.push({ id, line, options: new Map() });
      option = undefined;
    } else if (/^\s/.test(raw) && option !== undefined) option.text += ` ${raw.trim()}`;
    else if (setting === null || inside === undefined)
      tell(line, `'${raw.trim()}' is no option of a repository`, "Write '[id]', then 'option=value' lines.");
    else {
      option = { text: (setting[2] as string).trim(), line };
      inside.options.set((setting[1] as string).toLowerCase(), option);
    }
  }
  return sections;
}

function repositoryOf(
  { id, line, options }: Section,
  file: string,
  variables: RepoVariables,
  tell: Tell,
): Repository | undefined {
  for (const [name, option] of options) checkName(name, option, tell);
  const flag = (name: string, otherwise: boolean) => flagOf(name, options.get(name), otherwise, tell);
  const words = (name: string) => wordsOf(options.get(name), variables, tell);
  // Of dnf's own defaults all but this one: what is not said to be unsigned has to be signed.
  const signedRpms = flag('gpgcheck', true);
  const signedMetadata = flag('repo_gpgcheck', false);
  const verified = flag('sslverify', true);
  if (!flag('enabled', true)) return undefined;
  const addresses = words('baseurl').map((address) => address.replace(/\/*$/, '/'));
  const keys = words('gpgkey').map((key) => keyPlace(key, file));
  const at = (name: string) => options.get(name)?.line ?? line;
  const wrong = addresses.find((address) => !isWeb(address));
  if (addresses.length === 0) tell(line, `The repository '${id}' has no baseurl`);
  if (wrong !== undefined)
    tell(
      at('baseurl'),
      `'${wrong}' is no http or https address`,
      "Give a folder of RPMs as the input 'rpms-dir'.",
    );
  if (!verified && addresses.some((address) => address.startsWith('https:')))
    tell(
      at('sslverify'),
      'sslverify=0 is not supported',
      'Write an http address where nobody has to be sure.',
    );
  if ((signedRpms || signedMetadata) && keys.length === 0)
    tell(
      line,
      `The repository '${id}' has no gpgkey`,
      'Name the public key that signs it, or write gpgcheck=0.',
    );
  return { id, addresses, signedRpms, signedMetadata, keys, file, line };
}

function checkName(name: string, { line }: Option, tell: Tell): void {
  if (refused.includes(name))
    tell(line, `The option '${name}' is not supported`, 'Remove it, and name each place in baseurl.');
  else if (!read.includes(name) && !idle.includes(name)) {
    const near = nearestName(name, [...read, ...idle]);
    tell(line, `'${name}' is no option of a repository`, near && `Did you mean '${near}'?`);
  }
}

function flagOf(name: string, option: Option | undefined, otherwise: boolean, tell: Tell): boolean {
  if (option === undefined) return otherwise;
  if (/^(1|yes|true|on)$/i.test(option.text)) return true;
  if (!/^(0|no|false|off)$/i.test(option.text))
    tell(option.line, `${name} is '${option.text}', expected 1 or 0`);
  return false;
}

/** Values between blanks or commas, with their variables replaced. */
function wordsOf(option: Option | undefined, variables: RepoVariables, tell: Tell): string[] {
  if (option === undefined) return [];
  return option.text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) =>
      word.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, plain?: string, braced?: string) => {
        const value = variables[plain ?? (braced as string)];
        if (value === undefined)
          tell(option.line, `${whole} has no value`, `There are $${Object.keys(variables).join(', $')}.`);
        return value ?? whole;
      }),
    );
}

/** `file:///x` is `/x`; what is neither an address nor absolute lies beside the file. */
function keyPlace(key: string, file: string): string {
  if (isWeb(key)) return key;
  return posix.resolve(posix.dirname(file), key.replace(/^file:(?:\/\/)?/, ''));
}

/** True for an address that the web is asked for. Pure. */
export function isWeb(text: string): boolean {
  return /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);
}
