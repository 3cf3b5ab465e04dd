import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import { asRoot, plainEnvironment, runTool, type ToolOptions, type ToolResult } from '../host/process.ts';
import { seccompFilter } from './seccomp.ts';

const enter = readFileSync(new URL('./enter.sh', import.meta.url), 'utf8');

/** A root filesystem: a tree that nobody writes, and an overlay on the host's disk that takes every change. */
export interface Root {
  /** The worker's tree, shared by all. */
  worker: string;
  /** The folder made by {@link createOverlay}. */
  overlay: string;
}

export interface Bind {
  /** On the host. */
  source: string;
  /** In the sandbox: absolute. */
  target: string;
  /** Default: read-only. */
  writable?: boolean;
}

export interface SandboxOptions extends Omit<ToolOptions, 'root' | 'env' | 'cwd'> {
  root: Root;
  /** Default: an ordinary user, {@link builder}. `root` is root of the sandbox, without rights over the host. */
  as?: 'root' | 'builder';
  /** In the sandbox. Default: `/`. */
  cwd?: string;
  /** Added to {@link sandboxEnvironment}; nothing else is seen inside. */
  env?: Readonly<Record<string, string>>;
  binds?: readonly Bind[];
  /** Roots inside it (brought in by `binds`) that programs enter by chroot: each gets its own /proc, /dev and /run. */
  inner?: readonly string[];
}

/** The ordinary user that parses specs and builds packages. Its numbers are the same on every host. */
export const builder = { uid: 20211, gid: 20211, home: '/var/lib/azl-builder' } as const;

/** All that a process in a sandbox finds in its environment, besides what a caller adds. */
export const sandboxEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  TERM: 'dumb',
  SHELL: '/bin/sh',
};

/**
 * What root inside keeps: enough for an RPM transaction and its scriptlets, nothing that reaches the host.
 * CAP_DAC_READ_SEARCH does: with it, open_by_handle_at() opens any file of the disk on which a bound folder lies.
 */
const capabilities = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_SETFCAP',
  'CAP_SYS_CHROOT',
];

const filter = seccompFilter(hostArchitecture);
/** `enter.sh` opens the filter there. */
const filterDescriptor = 8;

/**
 * Makes an empty overlay: a fresh root is one of these over the worker. Nobody but its owner and root comes into its
 * folder: programs of strangers lie there, with whatever rights they gave themselves.
 */
export async function createOverlay(dir: string): Promise<string> {
  await mkdir(join(dir, 'upper'), { recursive: true });
  await mkdir(join(dir, 'work'), { recursive: true });
  await mkdir(join(dir, 'mnt'), { recursive: true });
  await chmod(dir, 0o700);
  // It becomes the root's own `/`: whatever our umask is, ordinary users must get past it.
  await chmod(join(dir, 'upper'), 0o755);
  return dir;
}

/** Bubblewrap's arguments for `argv` in a root that is mounted at `mountPoint`. Pure. */
export function sandboxArguments(
  argv: readonly string[],
  mountPoint: string,
  options: Omit<SandboxOptions, 'root'>,
): string[] {
  const asBuilder = (options.as ?? 'builder') === 'builder';
  const env = {
    ...sandboxEnvironment,
    HOME: asBuilder ? builder.home : '/root',
    USER: asBuilder ? 'builder' : 'root',
    ...options.env,
  };
  const become = asBuilder
    ? [
        'setpriv',
        `--reuid=${builder.uid}`,
        `--regid=${builder.gid}`,
        '--clear-groups',
        '--bounding-set=-all',
        '--',
      ]
    : [];
  return [
    ...['--bind', mountPoint, '/', ...kernelFolders('')],
    ...(options.binds ?? []).flatMap((bind) => [
      bind.writable ? '--bind' : '--ro-bind',
      bind.source,
      bind.target,
    ]),
    ...(options.inner ?? []).flatMap(kernelFolders),
    ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--hostname', 'azl-builder'],
    ...['--die-with-parent', '--clearenv', '--seccomp', String(filterDescriptor)],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', name])],
    ...['--chdir', options.cwd ?? '/', '--', ...become, ...argv],
  ];
}

/** /proc is read-only: /proc/sys is the host's own, and root inside would be root there. `enter.sh` does it for /dev. */
function kernelFolders(root: string): string[] {
  const proc = `${root}/proc`;
  return ['--proc', proc, '--remount-ro', proc, '--dev', `${root}/dev`, '--tmpfs', `${root}/run`];
}

/** For `printf %b`: a descriptor of ours would not get through sudo. */
function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\0${byte.toString(8)}`).join('');
}

/** What is started on the host, as root, to run `argv` in a root: everything that decides how it runs. Pure. */
export function enterArguments(argv: readonly string[], options: SandboxOptions): string[] {
  const mountPoint = join(options.root.overlay, 'mnt');
  return [
    ...['unshare', '--mount', '--', '/bin/sh', '-c', enter, 'azl'],
    ...[options.root.worker, options.root.overlay, mountPoint, escaped(filter)],
    ...sandboxArguments(argv, mountPoint, options),
  ];
}

/**
 * Runs `argv` in a root, seeing nothing of the host but `binds`: own mount, process, IPC, host name and network
 * namespaces (only a loopback of its own), an environment built from nothing. Its standard input is empty.
 * Ends with everything it started, also when this process is killed.
 * @throws ToolError as `runTool` does.
 */
export async function runInSandbox(argv: readonly string[], options: SandboxOptions): Promise<ToolResult> {
  const { root: _root, as: _as, cwd: _cwd, env: _env, binds: _binds, inner: _inner, ...tool } = options;
  return await runTool(enterArguments(argv, options), { ...tool, root: true });
}

/** The same sandbox on this terminal, for a person. Answers its exit code. */
export async function shellInSandbox(argv: readonly string[], options: SandboxOptions): Promise<number> {
  const interactive = { ...options, env: { ...options.env, TERM: process.env['TERM'] ?? 'dumb' } };
  const [command, ...args] = asRoot(enterArguments(argv, interactive), plainEnvironment);
  const child: ChildProcess = spawn(command as string, args, {
    stdio: 'inherit',
    env: { ...plainEnvironment },
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
