import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import type { ToolOptions } from '../host/process.ts';
import type { Root } from './overlay.ts';
import { seccompFilter } from './seccomp.ts';

const enter = readFileSync(new URL('./enter.sh', import.meta.url), 'utf8');

/** A folder or file of the host that a sandbox sees. */
export interface Bind {
  /** The path on the host. */
  source: string;
  /** The absolute path in the sandbox. */
  target: string;
  /** Default: read-only. */
  writable?: boolean;
}

export interface SandboxOptions extends Omit<ToolOptions, 'root' | 'env' | 'cwd'> {
  root: Root;
  /** Default: the ordinary user {@link builder}. `root` is root of the sandbox, without rights over the host. */
  as?: 'root' | 'builder';
  /** The working folder in the sandbox. Default: `/`. */
  cwd?: string;
  /** Variables besides {@link sandboxEnvironment}. Nothing of the host's environment is passed on. */
  env?: Readonly<Record<string, string>>;
  binds?: readonly Bind[];
  /** Folders of the sandbox that are empty and lie in memory. */
  tmpfs?: readonly string[];
  /** Roots in the sandbox, from `binds`, that programs enter by chroot. Each gets its own /proc, /dev and /run. */
  inner?: readonly string[];
}

/** The ordinary user that parses specs and builds packages. Its numbers are the same on every host. */
export const builder = { uid: 70211, gid: 70211, home: '/var/lib/azl-builder' } as const;

/** The environment of every process in a sandbox, besides {@link SandboxOptions.env}. */
export const sandboxEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  TERM: 'dumb',
  SHELL: '/bin/sh',
};

/**
 * The capabilities of root in a sandbox: enough for an RPM transaction and its scriptlets, none that reaches the host.
 * CAP_DAC_READ_SEARCH would: with it, open_by_handle_at() opens any file of the disk that holds a bound folder.
 */
const capabilities = 'CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP SETFCAP SYS_CHROOT'.split(
  ' ',
);

const filter = seccompFilter(hostArchitecture);
/** The descriptor at which `enter.sh` opens the filter. */
const filterDescriptor = 8;

const becomeBuilder = [
  ...['setpriv', `--reuid=${builder.uid}`, `--regid=${builder.gid}`, '--clear-groups'],
  ...['--bounding-set=-all', '--'],
];

/** Returns the arguments of bubblewrap for `argv` in a root that is mounted at `mountPoint`. Pure. */
export function sandboxArguments(
  argv: readonly string[],
  mountPoint: string,
  options: Omit<SandboxOptions, 'root'>,
): string[] {
  const asBuilder = options.as !== 'root';
  const env = {
    ...sandboxEnvironment,
    HOME: asBuilder ? builder.home : '/root',
    USER: asBuilder ? 'builder' : 'root',
    ...options.env,
  };
  const bind = ({ source, target, writable }: Bind) => [writable ? '--bind' : '--ro-bind', source, target];
  return [
    ...['--bind', mountPoint, '/', ...kernelFolders('')],
    ...(options.tmpfs ?? []).flatMap((path) => ['--tmpfs', path]),
    ...(options.binds ?? []).flatMap(bind),
    ...(options.inner ?? []).flatMap(kernelFolders),
    ...[
      '--unshare-pid',
      '--unshare-net',
      '--unshare-ipc',
      '--unshare-cgroup',
      '--unshare-uts',
      '--hostname',
      'azl-builder',
    ],
    ...['--die-with-parent', '--clearenv', '--seccomp', String(filterDescriptor)],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`])],
    ...['--chdir', options.cwd ?? '/', '--', ...(asBuilder ? becomeBuilder : []), ...argv],
  ];
}

/** /proc is read-only, because /proc/sys is the host's and root in the sandbox could write it. `enter.sh` protects /dev. */
function kernelFolders(root: string): string[] {
  const proc = `${root}/proc`;
  return ['--proc', proc, '--remount-ro', proc, '--dev', `${root}/dev`, '--tmpfs', `${root}/run`];
}

/** Returns bytes as an argument for `printf %b`. An open descriptor would not pass through sudo. */
function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\0${byte.toString(8)}`).join('');
}

/** Returns the whole command, for root on the host, that runs `argv` in a root. Pure. */
export function enterArguments(argv: readonly string[], options: SandboxOptions): string[] {
  const mountPoint = join(options.root.overlay, 'mnt');
  return [
    ...['unshare', '--mount', '--', '/bin/bash', '-c', enter, 'azl'],
    ...[options.root.worker, options.root.overlay, mountPoint, escaped(filter)],
    ...sandboxArguments(argv, mountPoint, options),
  ];
}
