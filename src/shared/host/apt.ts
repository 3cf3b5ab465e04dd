import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolError } from './process.ts';
import { proxyEnvironment, shownProxies } from './proxies.ts';

/** apt with lists, cache and status of its own. It needs no rights and changes nothing on the host. */
export interface PrivateApt {
  /** The folder of its `lists/` and `cache/`. */
  dir: string;
  /** Settings of apt.conf(5) besides {@link runApt}'s own, such as other sources than the host's. */
  settings?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a command of apt (`apt-get update`) and returns its standard output.
 * @param cwd the folder that downloads go to
 * @throws ToolError, see {@link aptReason}
 */
export async function runApt(argv: readonly string[], apt: PrivateApt, cwd?: string): Promise<string> {
  const { dir, signal } = apt;
  await mkdir(join(dir, 'lists/partial'), { recursive: true });
  await mkdir(join(dir, 'cache/archives/partial'), { recursive: true });
  const settings = {
    'Dir::State': dir,
    'Dir::State::lists': join(dir, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(dir, 'cache'),
    'APT::Sandbox::User': '',
    // An update that fetches nothing is a failure, not a success with warnings.
    'APT::Update::Error-Mode': 'any',
    'APT::Update::Post-Invoke': '',
    'APT::Update::Post-Invoke-Success': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '30',
    'Acquire::https::Timeout': '30',
    ...apt.settings,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const [command, ...rest] = argv;
  const { stdout } = await runTool([command as string, ...options, ...rest], {
    secretEnv: proxyEnvironment(process.env),
    timeoutSeconds: 1800,
    signal,
    cwd,
  });
  return stdout;
}

/**
 * Returns the reason that a failed apt gives: its first line with `E:`. If it went through proxies, they are named: apt's
 * words do not say which variable it followed.
 */
export function aptReason(error: ToolError): string {
  const reason = /^E: (.*)$/m.exec(error.stderr)?.[1] ?? error.message;
  return withProxies(reason);
}

/** Returns apt's words about a failure, with the proxies of this process that it may have gone through. */
export function withProxies(reason: string): string {
  const proxies = shownProxies(process.env).map(({ variable, host }) => `${host} of ${variable}`);
  if (proxies.length === 0 || !/fetch|connect|resolve|proxy|timed out|\b407\b/i.test(reason)) return reason;
  return `${reason}, through the proxy ${proxies.join(' or ')}`;
}
