import { getProxyUrl } from '@actions/http-client/lib/proxy';
import type { Problem } from '../base/problems.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const kinds = ['http_proxy', 'https_proxy'] as const;

/** The variables that name proxies or their exceptions, in both cases: programs that are started for a user get them. */
export const proxyVariables: readonly string[] = [...kinds, 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** The proxies that desktops name for all else. No library here speaks their protocol. */
const socks = /^socks[45]?[ah]?:\/\//i;

/** A proxy as a message shows it: the variable that names it, and its host and port without a login. */
export interface ShownProxy {
  variable: string;
  host: string;
  /** True if the variable holds a user and a password. */
  login: boolean;
}

/**
 * Returns a problem for each variable that names a proxy that azl cannot use. Its value is not shown, because it may hold
 * a password. Pure.
 */
export function proxyProblems(environment: Environment): Problem[] {
  const wrong = kinds.flatMap((kind) => {
    const found = named(environment, kind);
    return found === undefined || addressOf(found.value) !== undefined ? [] : [found.variable];
  });
  return [...new Set(wrong)].map((variable) => ({
    message: `${variable} names no http or https proxy`,
    hint: `Write it as http://host:port or http://user:password@host:port (%40 for an @ in the password), or \`unset ${variable}\`.`,
  }));
}

/**
 * Writes the proxies of an environment into it in the form that all libraries read alike: with a scheme, the same in
 * both cases, and `all_proxy` where nothing else is said. The lower case comes first, as with curl. A SOCKS proxy of
 * `all_proxy` is taken out of it: some libraries would ask it as an http one.
 * @returns a warning for each variable that was taken out although something would be asked through it
 */
export function unifyProxies(environment: Record<string, string | undefined>): Problem[] {
  const isComplete = kinds.every((kind) => named(environment, kind) !== undefined);
  const removed = ['all_proxy', 'ALL_PROXY'].filter((name) => isSocks(environment, name));
  for (const name of removed) delete environment[name];
  for (const [name, value] of Object.entries(proxyEnvironment(environment))) {
    environment[name] = value;
    if (environment[name.toUpperCase()]) environment[name.toUpperCase()] = value;
  }
  return (isComplete ? [] : removed).map((variable) => ({
    message: `${variable} names a SOCKS proxy, which azl cannot use: nothing is asked through it`,
    hint: 'If downloads need a proxy, set http_proxy and https_proxy to http://host:port.',
  }));
}

/** Returns the proxy variables as apt reads them: in lower case. They may hold a password. Pure. */
export function proxyEnvironment(environment: Environment): Record<string, string> {
  const found: Record<string, string> = {};
  for (const kind of kinds) {
    const address = addressOf(named(environment, kind)?.value);
    if (address !== undefined) found[kind] = address.href;
  }
  const exceptions = environment['no_proxy'] || environment['NO_PROXY'];
  if (exceptions) found['no_proxy'] = commonForm(exceptions);
  return found;
}

/** Returns exceptions as each library and apt read them: commas between them, and `.b` for all hosts below `b`. */
function commonForm(exceptions: string): string {
  const hosts = exceptions.split(/[\s,]+/).filter(Boolean);
  return hosts.map((host) => host.replace(/^\*(?=\.)/, '')).join(',');
}

/** Returns the proxies of an environment that can be used, each once. Pure. */
export function shownProxies(environment: Environment): ShownProxy[] {
  const shown = kinds.flatMap((kind) => shownProxy(environment, kind) ?? []);
  return shown.filter(
    ({ variable, host }, index) =>
      shown.findIndex((one) => one.variable === variable && one.host === host) === index,
  );
}

/** Returns the proxy through which this process asks `url`, with its login; undefined if there is none. */
export function proxyOf(url: URL): { address: URL; shown: ShownProxy } | undefined {
  const kind = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const shown = shownProxy(process.env, kind);
  const address = addressOf(named(process.env, kind)?.value);
  // The rules of no_proxy are those of GitHub's libraries.
  const asked = address !== undefined && getProxyUrl(url) !== undefined;
  return asked && shown !== undefined ? { address, shown } : undefined;
}

/** Returns the name and the value of the variable that counts; all names of one value are the same proxy. */
function named(environment: Environment, kind: (typeof kinds)[number]) {
  const names = [kind, kind.toUpperCase(), 'all_proxy', 'ALL_PROXY'];
  const first = names.find((name) => environment[name] && !isSocks(environment, name));
  if (first === undefined) return undefined;
  const value = environment[first] as string;
  const same = (name: string) =>
    environment[name] === value || addressOf(environment[name])?.href === addressOf(value)?.href;
  // An unified environment holds what the user wrote under another name, too.
  const variable = names.findLast((name) => environment[name] && same(name)) ?? first;
  return { variable, value };
}

/** True if a variable is one for all protocols, and names a proxy of none of ours. */
function isSocks(environment: Environment, name: string): boolean {
  return /^all_proxy$/i.test(name) && socks.test(environment[name] ?? '');
}

function shownProxy(environment: Environment, kind: (typeof kinds)[number]): ShownProxy | undefined {
  const found = named(environment, kind);
  const address = addressOf(found?.value);
  if (found === undefined || address === undefined) return undefined;
  return { variable: found.variable, host: address.host, login: address.username !== '' };
}

/** Returns the address of an http or https proxy; `host:port` is an http one. Undefined for anything else. */
function addressOf(value: string | undefined): URL | undefined {
  if (!value || /\s/.test(value)) return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const address = URL.canParse(text) ? new URL(text) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol)) return undefined;
  // What follows an unquoted `/`, `?` or `#` of a password would be taken for a path.
  const rest = address.pathname + address.search + address.hash;
  if (rest !== '/' || address.hostname === '') return undefined;
  try {
    decodeURIComponent(address.username + address.password);
    return address;
  } catch {
    return undefined;
  }
}
