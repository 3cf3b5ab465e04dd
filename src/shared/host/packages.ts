import { accessSync, constants } from 'node:fs';
import { hostArchitecture } from '../base/architectures.ts';
import type { Log } from '../base/log.ts';
import { failOnProblems, type Problem, problem } from '../base/problems.ts';
import { retry } from '../base/retry.ts';
import { plainEnvironment, runTool, type ToolResult } from './process.ts';

/** How one need is met: any of `files` exists, or the command does; the first of `packages` that the host has brings it. */
interface Way {
  files?: readonly string[];
  /** The command, where the need has another name. */
  command?: string;
  packages: readonly string[];
}

/** What azl needs of its host → where Debian and Ubuntu keep it. A key without `files` is a command. */
const ways = {
  rpm: { packages: ['rpm'] },
  rpmbuild: { packages: ['rpm'] },
  createrepo_c: { packages: ['createrepo-c'] },
  bwrap: { packages: ['bubblewrap'] },
  'python3-solv': { files: ['/usr/lib/python3/dist-packages/solv.py'], packages: ['python3-solv'] },
  python3: { files: ['/usr/bin/python3'], packages: ['python3'] },
  QEMU: { command: hostArchitecture.qemu.program, packages: [hostArchitecture.qemu.package] },
  'qemu-img': { packages: ['qemu-utils'] },
  'qemu-io': { packages: ['qemu-utils'] },
  'OVMF firmware': {
    files: ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd'],
    packages: ['ovmf'],
  },
  mcopy: { packages: ['mtools'] },
  'mkfs.vfat': { packages: ['dosfstools'] },
  mke2fs: { packages: ['e2fsprogs'] },
  debugfs: { packages: ['e2fsprogs'] },
  sfdisk: { packages: ['fdisk', 'util-linux'] },
  'dpkg-deb': { packages: ['dpkg'] },
  tar: { packages: ['tar'] },
  xz: { packages: ['xz-utils'] },
  zstd: { packages: ['zstd'] },
  setpriv: { packages: ['util-linux', 'setpriv'] },
  unshare: { packages: ['util-linux'] },
  flock: { packages: ['util-linux'] },
  dnf: { packages: ['dnf'] },
  sudo: { packages: ['sudo'] },
  debootstrap: { packages: ['debootstrap'] },
  git: { packages: ['git'] },
  gpg: { packages: ['gpg'] },
  'gpg-agent': { packages: ['gpg-agent'] },
  go: { packages: ['golang-go'] },
  'python3-venv': {
    // Debian 12, Ubuntu 24.04, Debian 13.
    files: ['3.11', '3.12', '3.13'].map((version) => `/usr/lib/python${version}/ensurepip`),
    packages: ['python3-venv'],
  },
  'CA certificates': { files: ['/etc/ssl/certs/ca-certificates.crt'], packages: ['ca-certificates'] },
} as const satisfies Record<string, Way>;

export type Need = keyof typeof ways;

/** What each part of the main job needs. */
export const needs = {
  toolchain: [
    'rpm',
    'rpmbuild',
    'bwrap',
    'python3',
    'dpkg-deb',
    'tar',
    'xz',
    'zstd',
    'setpriv',
    'unshare',
    'flock',
  ],
  packages: ['python3-solv', 'createrepo_c', 'CA certificates'],
  image: ['mcopy', 'mkfs.vfat', 'mke2fs', 'debugfs', 'sfdisk', 'qemu-img'],
  boot: ['QEMU', 'qemu-io', 'OVMF firmware'],
  /** Repositories whose metadata is signed. */
  repositories: ['gpg'],
  /** Only tests ask for these: another solver's word, a user who is not root, and keys that sign. */
  tests: ['dnf', 'sudo', 'gpg-agent'],
} as const satisfies Record<string, readonly Need[]>;

/** Where a command may lie; `sbin` is not on every user's PATH. */
const commandDirs = (plainEnvironment['PATH'] as string).split(':');

/** True when the file is there (and, for a command, may be started). */
export type Exists = (path: string, executable: boolean) => boolean;

const onThisHost: Exists = (path, executable) => {
  try {
    accessSync(path, executable ? constants.X_OK : constants.F_OK);
    return true;
  } catch {
    return false;
  }
};

/** Those of `wanted` that the host lacks, in their order, each once. */
export function missingNeeds(wanted: readonly Need[], exists: Exists = onThisHost): Need[] {
  return [...new Set(wanted)].filter((need) => {
    const way: Way = ways[need];
    if (way.files !== undefined) return !way.files.some((file) => exists(file, false));
    return !commandDirs.some((dir) => exists(`${dir}/${way.command ?? need}`, true));
  });
}

/**
 * The packages that bring `missing`, of those that the host's lists hold: sorted, each once; `unknown`: the needs
 * that no package in the lists brings. Pure.
 */
export function packagesFor(
  missing: readonly Need[],
  listed: ReadonlySet<string>,
): { packages: string[]; unknown: Need[] } {
  const packages = new Set<string>();
  const unknown: Need[] = [];
  for (const need of missing) {
    const found = ways[need].packages.find((name) => listed.has(name));
    if (found === undefined) unknown.push(need);
    else packages.add(found);
  }
  return { packages: [...packages].sort(), unknown };
}

/** The names with a candidate in the output of `apt-cache policy`. Pure. */
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

/** The packages that `apt-get` could install for `missing`, from the lists that are there. */
export async function findPackages(
  missing: readonly Need[],
  signal?: AbortSignal,
): Promise<{ packages: string[]; unknown: Need[] }> {
  const names = [...new Set(missing.flatMap((need) => [...ways[need].packages]))].sort();
  if (names.length === 0) return { packages: [], unknown: [] };
  const policy = await runTool(['apt-cache', 'policy', ...names], {
    ...(signal ? { signal } : {}),
    ok: 'any',
  });
  return packagesFor(missing, candidatesIn(policy.stdout));
}

/** Seconds that we wait for another apt or dpkg to finish. */
const lockSeconds = 120;

const aptEnvironment = { ...plainEnvironment, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };

/**
 * Brings what of `wanted` the host lacks: says what it installs, and installs it by apt without asking. The lists are
 * fetched only when they lack a package or name one that the mirror no longer has.
 * @throws ProblemsError when no package brings a need; ToolError when apt fails.
 */
export async function ensureCommands(wanted: readonly Need[], log: Log, signal?: AbortSignal): Promise<void> {
  const missing = missingNeeds(wanted);
  if (missing.length === 0) return;
  let found = await findPackages(missing, signal);
  const update = async () => {
    log.info('Fetching the package lists (apt-get update).');
    await apt(['update', '-q'], log, signal);
    found = await findPackages(missing, signal);
  };
  if (found.unknown.length > 0) await update();
  failOnProblems(found.unknown.map(unknownNeed));
  const install = async () => {
    log.info(`Installing on this machine: ${found.packages.join(' ')}`);
    const options = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0'];
    return await apt(['install', ...options, '--', ...found.packages], log, signal, true);
  };
  if ((await install()).code !== 0) {
    await update();
    const again = await install();
    if (again.code !== 0) {
      throw problem(
        `apt-get install ended with ${again.code}: ${lastLines(again.stderr || again.stdout, 4)}`,
        {
          hint: `Run \`sudo apt-get install --no-install-recommends ${found.packages.join(' ')}\` and look.`,
        },
      );
    }
  }
  failOnProblems(missingNeeds(missing).map(unknownNeed));
}

function unknownNeed(need: Need): Problem {
  const names = ways[need].packages.join("' or '");
  return {
    message: `This machine lacks ${need}, and no package '${names}' brings it`,
    hint: 'Look at the sources in /etc/apt (on Ubuntu: is `universe` among them?), then `sudo apt-get update`.',
  };
}

/** apt-get ended because another apt or dpkg holds its lock. */
class LockedError extends Error {
  readonly result: ToolResult;

  constructor(result: ToolResult) {
    super('another apt or dpkg holds the lock');
    this.result = result;
  }
}

/** Runs apt-get as root; while another apt or dpkg holds the lock, says so and tries again. */
async function apt(
  args: readonly string[],
  log: Log,
  signal?: AbortSignal,
  anyCode = false,
): Promise<ToolResult> {
  const run = async (attempt: number): Promise<ToolResult> => {
    const result = await runTool(['apt-get', ...args], {
      root: true,
      env: aptEnvironment,
      ok: 'any',
      onLine: (line) => log.progress(`apt-get ${args[0]}: ${line}`),
      ...(signal ? { signal } : {}),
    });
    if (result.code === 0 || !isLocked(result.stderr)) return result;
    if (attempt === 1) log.info(`Another apt or dpkg is at work: waiting for it, at most ${lockSeconds} s.`);
    throw new LockedError(result);
  };
  const isTransient = (error: unknown) => error instanceof LockedError;
  const policy = { attempts: 1 + lockSeconds / 2, delay: () => 2, isTransient, signal };
  const result = await retry(policy, run).catch((error: unknown) => {
    if (error instanceof LockedError) return error.result;
    throw error;
  });
  if (result.code === 0 || anyCode) return result;
  throw problem(
    `apt-get ${args[0]} ended with ${result.code}: ${lastLines(result.stderr || result.stdout, 4)}`,
    { hint: `Run \`sudo apt-get ${args[0]}\` and look.` },
  );
}

/** True when apt ended because another one holds a lock. Pure. */
export function isLocked(stderr: string): boolean {
  return /Could not get lock|Unable to (?:acquire|lock)|is another process using it/.test(stderr);
}

function lastLines(text: string, count: number): string {
  return text.trim().split('\n').slice(-count).join(' / ');
}
