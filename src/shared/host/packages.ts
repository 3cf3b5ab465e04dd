import { lastLines } from '../base/last-lines.ts';
import type { Log } from '../base/log.ts';
import { failOnProblems, type Problem, ProblemsError, problem } from '../base/problems.ts';
import { retry } from '../base/retry.ts';
import { withProxies } from './apt.ts';
import { missingNeeds, type Need, ways } from './needs.ts';
import { plainEnvironment, runTool, ToolError } from './process.ts';
import { proxyEnvironment } from './proxies.ts';

/** The packages, sorted, that meet some needs, and the needs that no package in the host's lists meets. */
export interface FoundPackages {
  packages: string[];
  unknown: Need[];
}

/** Returns the packages for `missing`, of those that the host's lists hold. Pure. */
export function packagesFor(missing: readonly Need[], listed: ReadonlySet<string>): FoundPackages {
  const packages = new Set<string>();
  const unknown: Need[] = [];
  for (const need of missing) {
    const found = ways[need].packages.find((name) => listed.has(name));
    if (found === undefined) unknown.push(need);
    else packages.add(found);
  }
  return { packages: [...packages].sort(), unknown };
}

/** Returns the names of the packages that have a candidate in the output of `apt-cache policy`. Pure. */
export function candidatesIn(policy: string): Set<string> {
  const names = new Set<string>();
  let name = '';
  for (const line of policy.split('\n')) {
    const heading = /^(\S+):$/.exec(line);
    if (heading !== null) name = (heading[1] as string).replace(/:.*$/, '');
    else if (/^ {2}Candidate: (?!\(none\))/.test(line)) names.add(name);
  }
  return names;
}

/** Returns the packages that `apt-get` could install for `missing`, by the lists that this machine has. */
export async function findPackages(missing: readonly Need[], signal?: AbortSignal): Promise<FoundPackages> {
  const names = [...new Set(missing.flatMap((need) => [...ways[need].packages]))].sort();
  if (names.length === 0) return { packages: [], unknown: [] };
  const policy = await runTool(['apt-cache', 'policy', ...names], { signal, ok: 'any' });
  return packagesFor(missing, candidatesIn(policy.stdout));
}

/** Seconds to wait for another apt or dpkg to finish. */
const lockSeconds = 120;

const aptEnvironment = { ...plainEnvironment, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };

/**
 * Logs and installs the packages for those of `wanted` that the host lacks, without asking. The lists are fetched only
 * when they lack a package or name one that the mirror no longer has.
 * @throws ProblemsError when no package meets a need, or apt fails
 */
export async function ensureCommands(wanted: readonly Need[], log: Log, signal?: AbortSignal): Promise<void> {
  const missing = missingNeeds(wanted);
  if (missing.length === 0) return;
  let found = await findPackages(missing, signal);
  const update = async () => {
    log.info('Fetching the package lists (apt-get update).');
    await apt(['update'], log, signal);
    found = await findPackages(missing, signal);
  };
  if (found.unknown.length > 0) await update();
  failOnProblems(found.unknown.map(unknownNeed));
  const install = async () => {
    log.info(`Installing on this machine: ${found.packages.join(' ')}`);
    await apt(['install', '--no-install-recommends', ...found.packages], log, signal);
  };
  await install().catch(async (error: unknown) => {
    if (!(error instanceof ProblemsError)) throw error;
    await update();
    await install();
  });
  failOnProblems(missingNeeds(missing).map(unknownNeed));
}

function unknownNeed(need: Need): Problem {
  const names = ways[need].packages.join("' or '");
  return {
    message: `This machine lacks ${need}, and no package '${names}' brings it`,
    hint: 'Look at the sources in /etc/apt (on Ubuntu: is `universe` among them?), then `sudo apt-get update`.',
  };
}

/**
 * Runs apt-get as root. While another apt or dpkg holds the lock, it logs so and tries again.
 * @throws ProblemsError when apt-get fails
 */
async function apt(args: readonly string[], log: Log, signal?: AbortSignal): Promise<void> {
  const run = async (attempt: number) => {
    if (attempt === 2) log.info(`Another apt or dpkg is at work: waiting for it, at most ${lockSeconds} s.`);
    await runTool(['apt-get', '-y', '-q', '-o', 'Dpkg::Use-Pty=0', ...args], {
      root: true,
      env: aptEnvironment,
      secretEnv: proxyEnvironment(process.env),
      onLine: (line) => log.progress(`apt-get ${args[0]}: ${line}`),
      signal,
    });
  };
  const isTransient = (error: unknown) => error instanceof ToolError && isLocked(error.stderr);
  const policy = { attempts: 1 + lockSeconds / 2, delay: () => 2, isTransient, signal };
  await retry(policy, run).catch((error: unknown) => {
    if (!(error instanceof ToolError)) throw error;
    const end = withProxies(lastLines(error.stderr || error.stdout, 4).replaceAll('\n', ' / '));
    const hint = `Run \`sudo apt-get ${args.join(' ')}\` and look.`;
    throw problem(`apt-get ${args[0]} ended with ${error.code}: ${end}`, { hint });
  });
}

/** True for the output of an apt that another apt or dpkg kept out. Pure. */
export function isLocked(stderr: string): boolean {
  return /Could not get lock|Unable to (?:acquire|lock)|is another process using it/.test(stderr);
}
