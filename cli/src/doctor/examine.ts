import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, stat, statfs } from 'node:fs/promises';
import { cpus, freemem, tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { missingNeeds, type Need } from '../../../src/shared/host/needs.ts';
import { findPackages } from '../../../src/shared/host/packages.ts';
import { isRoot, runTool, ToolError } from '../../../src/shared/host/process.ts';
import { withTempDir } from '../../../src/shared/host/temp-dir.ts';
import { createOverlay } from '../../../src/shared/sandbox/sandbox.ts';
import { diskNeed, type Facts, type Folders } from './findings.ts';

type Disk = NonNullable<Facts['disk']>[number];

export interface ExamineOptions {
  needs: readonly Need[];
  /** The folders of a run: absent for what neither builds nor writes there. */
  folders?: Folders;
  /** Those among the folders, and in them, that this user may not write. */
  foreign?: readonly string[];
  /** Also try what takes a second or more: the mirror, and what `kvm` looks at. */
  thorough: boolean;
  /** Answers whether KVM boots. */
  kvm?: () => Promise<NonNullable<Facts['kvm']>>;
  signal?: AbortSignal;
}

/** Looks at this machine. Mounts only in a namespace of its own; leaves nothing behind. */
export async function examine(options: ExamineOptions): Promise<Facts> {
  const { folders, foreign = [], signal } = options;
  const needs = missingNeeds(options.needs);
  // Nothing is installed, nothing is built: then nobody asks for root's rights or for apt.
  const changes = folders !== undefined || needs.length > 0;
  const privilege = changes ? await lookAtPrivilege() : undefined;
  const apt = changes ? existsSync('/usr/bin/apt-get') : undefined;
  const mayMount = (privilege === 'root' || privilege === 'sudo') && foreign.length === 0;
  const [missing, overlay, kvm, mirror, disk] = await Promise.all([
    needs.length > 0 && apt ? findPackages(needs, signal) : { packages: [], unknown: needs },
    folders !== undefined && mayMount ? probeOverlay(folders.build, signal) : undefined,
    options.thorough ? options.kvm?.() : undefined,
    options.thorough && apt ? probeMirror(signal) : undefined,
    folders === undefined ? undefined : lookAtDisk(folders),
  ]);
  return {
    node: process.version,
    user: userName(),
    ...(privilege === undefined ? {} : { privilege }),
    ...(apt === undefined ? {} : { apt }),
    missing: { needs, ...missing },
    ...(folders === undefined ? {} : { folders: { ...folders, foreign } }),
    ...(disk === undefined ? {} : { disk }),
    memoryBytes: process.availableMemory?.() ?? freemem(),
    cores: cpus().length,
    ...(overlay === undefined ? {} : { overlay: { dir: folders?.build ?? '', fault: overlay } }),
    ...(kvm === undefined ? {} : { kvm }),
    ...(mirror === undefined ? {} : { mirror: { fault: mirror } }),
  };
}

/** The name of this process's user, or what sudoers takes for it where the user has none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `#${process.getuid?.()}`;
  }
}

async function lookAtPrivilege(): Promise<NonNullable<Facts['privilege']>> {
  if (isRoot()) return 'root';
  if (!existsSync('/usr/bin/sudo')) return 'none';
  return (await runTool(['sudo', '-n', 'true'], { ok: 'any' })).code === 0 ? 'sudo' : 'asks';
}

/** Free space for what is built and kept; folders on one file system are looked at once. */
async function lookAtDisk({ build, cache }: Folders): Promise<Disk[]> {
  const needBytes = existsSync(join(cache, 'toolchain', 'toolchain.json')) ? diskNeed.warm : diskNeed.cold;
  const disk = new Map<number, Disk>();
  for (const dir of [build, cache]) {
    const folder = nearestFolder(dir);
    const [{ dev }, { bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
    if (!disk.has(dev)) disk.set(dev, { dir, freeBytes: bavail * bsize, needBytes });
  }
  return [...disk.values()];
}

/** `dir`, or the nearest folder above it that exists. */
function nearestFolder(dir: string): string {
  const path = resolve(dir);
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

const overlayTrial = `set -e
mount --make-rprivate /
exec 5<"$1/lower" 6<"$1/upper" 7<"$1/work"
mount -t overlay azl -o lowerdir=/proc/self/fd/5,upperdir=/proc/self/fd/6,workdir=/proc/self/fd/7 "$1/mnt"
rmdir "$1/mnt/old"
touch "$1/mnt/new"`;

/** Mounts an overlay in `buildDir`, removes and adds a file in it. Answers what failed, or nothing. */
async function probeOverlay(buildDir: string, signal?: AbortSignal): Promise<string> {
  const build = resolve(buildDir);
  const dir = join(build, `overlay-probe-${process.pid}-${randomBytes(4).toString('hex')}`);
  let made: string | undefined;
  try {
    made = await mkdir(build, { recursive: true });
    await createOverlay(dir);
    await mkdir(join(dir, 'lower', 'old'), { recursive: true });
    await runTool(['unshare', '--mount', '--', '/bin/sh', '-c', overlayTrial, 'azl', dir], {
      root: true,
      timeoutSeconds: 10,
      ...(signal ? { signal } : {}),
    });
    return '';
  } catch (error) {
    signal?.throwIfAborted();
    return firstLine(error);
  } finally {
    await removeTree(dir);
    if (made !== undefined) await removeEmpty(build, made);
  }
}

/** Removes empty folders from `dir` up to `top`; one that somebody uses by now stays. */
async function removeEmpty(dir: string, top: string): Promise<void> {
  try {
    for (let at = dir; at.startsWith(top); at = dirname(at)) await rmdir(at);
  } catch {}
}

/** Downloads one small package into a temporary folder. @returns what failed, or an empty text */
async function probeMirror(signal?: AbortSignal): Promise<string> {
  try {
    const options = [
      '-q',
      '-o',
      'Acquire::Retries=0',
      '-o',
      'Acquire::http::Timeout=8',
      '-o',
      'APT::Sandbox::User=',
    ];
    await withTempDir(tmpdir(), 'azl-mirror-', (cwd) =>
      runTool(['apt-get', ...options, 'download', 'hostname'], {
        ...{ cwd, timeoutSeconds: 20 },
        ...(signal ? { signal } : {}),
      }),
    );
    return '';
  } catch (error) {
    signal?.throwIfAborted();
    return `no package came from it: ${firstLine(error)}`;
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof ToolError ? error.stderr : String(error);
  return text.trim().split('\n')[0] ?? '';
}
