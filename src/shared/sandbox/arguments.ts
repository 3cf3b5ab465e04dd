import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture } from '../base/architectures.ts';
import type { ToolOptions } from '../host/process.ts';
import type { Limits } from '../model/limits.ts';
import { tmpfsBytes } from './limits.ts';
import type { Root, TreeRoot } from './overlay.ts';
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
  root: Root | TreeRoot;
  /** Its bounds. Default: those of the step `host tool`. */
  limits?: Limits | undefined;
  /** Default: the ordinary user {@link builder}. `root` is root of the sandbox, without rights over the host. */
  as?: 'root' | 'builder';
  /** The working folder in the sandbox. Default: `/`. */
  cwd?: string;
  /** Variables besides {@link sandboxEnvironment}. Nothing of the host's environment is passed on. */
  env?: Readonly<Record<string, string>>;
  binds?: readonly Bind[];
  /**
   * Devices of the host that it may use, besides the harmless ones that every sandbox has: `/dev/kvm`. A tool of the host
   * sees each as {@link builder}'s own.
   */
  devices?: readonly string[];
  /** Folders of the sandbox that are empty and lie in memory, of at most {@link tmpfsBytes} each. */
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

type PlainOptions = Omit<SandboxOptions, 'root'>;

/** Returns bubblewrap's options for what a sandbox may do, and the command inside, for any root. Pure. */
export function confine(
  argv: readonly string[],
  options: PlainOptions,
): { options: string[]; command: string[] } {
  const asBuilder = options.as !== 'root';
  const env = {
    ...sandboxEnvironment,
    HOME: asBuilder ? builder.home : '/root',
    USER: asBuilder ? 'builder' : 'root',
    ...options.env,
  };
  return {
    options: [
      ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-cgroup', '--unshare-uts'],
      // Any /etc/hosts names it.
      ...['--hostname', 'localhost'],
      ...['--die-with-parent', '--clearenv', '--seccomp', String(filterDescriptor)],
      ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
      ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`])],
      ...['--chdir', options.cwd ?? '/'],
    ],
    command: [...(asBuilder ? becomeBuilder : []), ...argv],
  };
}

/** Returns bubblewrap's options for what a sandbox sees on top of its `/`. Pure. */
export function mounts({ tmpfs = [], binds = [], inner = [], devices }: PlainOptions): string[] {
  return [
    ...kernelFolders('', devices),
    ...tmpfs.flatMap(memoryFolder),
    ...binds.flatMap(({ source, target, writable }) => [writable ? '--bind' : '--ro-bind', source, target]),
    ...inner.flatMap((root) => kernelFolders(root)),
  ];
}

/**
 * The folders that the kernel fills. /proc is read-only, because /proc/sys is the host's and root in the sandbox could
 * write it; `enter.sh` protects the devices. /dev itself is read-only, as its own file system would know no bound.
 */
function kernelFolders(root: string, devices: readonly string[] = []): string[] {
  const [proc, dev] = [`${root}/proc`, `${root}/dev`];
  return [
    ...['--proc', proc, '--remount-ro', proc],
    ...[
      '--dev',
      dev,
      ...devices.flatMap((path) => ['--dev-bind', path, path]),
      '--perms',
      '1777',
      ...memoryFolder(`${dev}/shm`),
      '--remount-ro',
      dev,
    ],
    ...memoryFolder(`${root}/run`),
  ];
}

/** Returns the options of an empty folder in memory, of at most {@link tmpfsBytes}. Pure. */
export function memoryFolder(path: string): string[] {
  return ['--size', String(tmpfsBytes), '--tmpfs', path];
}

/**
 * Returns the places that are mounted on in what strangers may have written: a folder of the host, and the path below it.
 * A place below a bind lies in what was bound. Pure.
 */
export function mountPoints(
  top: string,
  { tmpfs = [], binds = [], inner = [] }: PlainOptions,
): [string, string][] {
  const kernel = ['', ...inner].flatMap((root) => ['proc', 'dev', 'run'].map((name) => `${root}/${name}`));
  const shown = [{ source: top, target: '' }, ...binds];
  return [...kernel, ...tmpfs, ...binds.map(({ target }) => target)].map((place) => {
    const { source, target } = shown
      .filter((bind) => place.startsWith(`${bind.target}/`))
      .reduce((deepest, bind) => (bind.target.length > deepest.target.length ? bind : deepest));
    return [source, place.slice(target.length + 1)];
  });
}

/** Returns bytes as an argument for `printf %b`. An open descriptor would not pass through sudo. */
function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\0${byte.toString(8)}`).join('');
}

/** Returns the whole command, for root on the host, that runs `argv` in a root. Pure. */
export function enterArguments(argv: readonly string[], options: SandboxOptions): string[] {
  const { root } = options;
  const isTree = 'tree' in root;
  const top = isTree ? root.tree : join(root.overlay, 'mnt');
  const overlay = isTree ? ['', '', ''] : [root.worker, root.overlay, top];
  const confined = confine(argv, options);
  return enterCommand(overlay, mountPoints(top, options), {
    ...confined,
    options: ['--bind', top, '/', ...mounts(options), ...confined.options],
  });
}

/** Returns the command that runs `enter.sh`. Pure. */
export function enterCommand(
  overlay: readonly string[],
  mountPoints: readonly (readonly [string, string])[],
  { options, command }: ReturnType<typeof confine>,
): string[] {
  return [
    ...['unshare', '--mount', '--', '/bin/bash', '-c', enter, 'azl', ...overlay, escaped(filter)],
    ...[String(mountPoints.length), ...mountPoints.flat(), String(options.length), ...options, ...command],
  ];
}
