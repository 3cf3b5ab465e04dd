import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { cpus, freemem, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { withProxies } from '../../../src/shared/host/apt.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { missingNeeds, type Need } from '../../../src/shared/host/needs.ts';
import { findPackages } from '../../../src/shared/host/packages.ts';
import { runTool, ToolError } from '../../../src/shared/host/process.ts';
import { proxyEnvironment, shownProxies } from '../../../src/shared/host/proxies.ts';
import { findPrivilege, userName } from '../../../src/shared/host/rights.ts';
import { readSystem } from '../../../src/shared/host/system.ts';
import { withTempDir } from '../../../src/shared/host/temp-dir.ts';
import { heldBounds } from '../../../src/shared/sandbox/control-group.ts';
import { createOverlay } from '../../../src/shared/sandbox/overlay.ts';
import { readUserLists, userIdProblems } from '../../../src/shared/sandbox/user-ids.ts';
import { diskNeed, type HostFacts, type Kvm, type RunFolders } from './findings.ts';

type Disk = NonNullable<HostFacts['disk']>[number];

export interface ExamineOptions {
  needs: readonly Need[];
  /** The folders of a run. Undefined for a target that neither builds nor writes there. */
  folders?: RunFolders;
  /** See {@link HostFacts.folders}. */
  foreign?: readonly string[];
  /** Also run the checks that take a second or more: the mirror, proxies and KVM. */
  thorough: boolean;
  /** Checks if KVM boots a kernel. */
  kvm?: () => Promise<Kvm>;
  signal?: AbortSignal;
}

/** Checks this machine. Mounts only in a mount namespace of its own; leaves no files. */
export async function examineHost(options: ExamineOptions): Promise<HostFacts> {
  const { folders, foreign = [], signal } = options;
  const needs = missingNeeds(options.needs);
  // A target that neither installs nor builds needs neither root nor apt.
  const changes = folders !== undefined || needs.length > 0;
  const privilege = changes ? await findPrivilege() : undefined;
  const system = changes ? readSystem() : undefined;
  const apt = system?.hasApt;
  const mayMount = (privilege === 'root' || privilege === 'sudo') && foreign.length === 0;
  const [missing, overlay, kvm, mirror, proxies, disk, users, bounds] = await Promise.all([
    needs.length > 0 && apt ? findPackages(needs, signal) : { packages: [], unknown: needs },
    folders !== undefined && mayMount ? tryOverlay(folders.build, signal) : undefined,
    options.thorough ? options.kvm?.() : undefined,
    options.thorough && apt ? tryMirror(signal) : undefined,
    options.thorough ? tryProxies(signal) : undefined,
    folders === undefined ? undefined : checkDisks(folders),
    folders === undefined ? undefined : readUserLists(),
    folders !== undefined && mayMount ? heldBounds() : undefined,
  ]);
  return {
    ...{ node: process.version, user: userName(), privilege, system, missing: { needs, ...missing } },
    folders: folders && { ...folders, foreign },
    memoryBytes: process.availableMemory?.() ?? freemem(),
    cores: cpus().length,
    ...{ disk, overlay, bounds, kvm, mirror, proxies },
    userIdProblems: users && userIdProblems(users),
  };
}

/** The free space of each file system that builds and the cache use. */
async function checkDisks({ build, cache }: RunFolders): Promise<Disk[]> {
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

const overlayScript = `set -e
mount --make-rprivate /
exec 5<"$1/lower" 6<"$1/upper" 7<"$1/work"
mount -t overlay azl -o lowerdir=/proc/self/fd/5,upperdir=/proc/self/fd/6,workdir=/proc/self/fd/7 "$1/mnt"
rmdir "$1/mnt/old"
touch "$1/mnt/new"`;

/** Mounts an overlay in `buildDir`, removes and adds a file in it. */
async function tryOverlay(buildDir: string, signal?: AbortSignal): Promise<HostFacts['overlay']> {
  const build = resolve(buildDir);
  const dir = join(build, `overlay-probe-${process.pid}-${randomBytes(4).toString('hex')}`);
  let firstMade: string | undefined;
  const mount = async () => {
    firstMade = await mkdir(build, { recursive: true });
    await createOverlay(dir);
    await mkdir(join(dir, 'lower', 'old'), { recursive: true });
    const argv = ['unshare', '--mount', '--', '/bin/sh', '-c', overlayScript, 'azl', dir];
    await runTool(argv, { root: true, timeoutSeconds: 10, signal });
  };
  try {
    return { dir: buildDir, error: await errorOf(mount, signal) };
  } finally {
    await removeTree(dir);
    if (firstMade !== undefined) await removeEmpty(build, firstMade);
  }
}

/** Removes empty folders from `dir` up to `top`. Stops at a folder that is used by now. */
async function removeEmpty(dir: string, top: string): Promise<void> {
  try {
    for (let at = dir; at.startsWith(top); at = dirname(at)) await rmdir(at);
  } catch {}
}

/** Downloads one small package to a temporary folder. */
async function tryMirror(signal?: AbortSignal): Promise<HostFacts['mirror']> {
  const settings = ['Acquire::Retries=0', 'Acquire::http::Timeout=8', 'APT::Sandbox::User='];
  const argv = ['apt-get', '-q', ...settings.flatMap((setting) => ['-o', setting]), 'download', 'hostname'];
  const download = async () =>
    await withTempDir(tmpdir(), 'azl-mirror-', (cwd) =>
      runTool(argv, { cwd, secretEnv: proxyEnvironment(process.env), timeoutSeconds: 20, signal }),
    );
  const error = withProxies(await errorOf(download, signal));
  return { error: error && `no package could be downloaded: ${error}` };
}

/** Connects to each proxy of this process. */
async function tryProxies(signal?: AbortSignal): Promise<HostFacts['proxies']> {
  const kinds = shownProxies(process.env);
  return await Promise.all(
    kinds.map(async (proxy) => ({
      ...proxy,
      error: await errorOf(() => connectTo(proxy.host, signal), signal),
    })),
  );
}

async function connectTo(host: string, signal?: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(`http://${host}`);
  const within = AbortSignal.any([AbortSignal.timeout(5000), ...(signal ? [signal] : [])]);
  const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) });
  try {
    await once(socket, 'connect', { signal: within });
  } catch (error) {
    throw (error as Error).name === 'AbortError' ? new Error('no connection in 5 s') : error;
  } finally {
    socket.destroy();
  }
}

/** Returns the first line of the error that `body` fails with; empty if it succeeds. */
async function errorOf(body: () => Promise<unknown>, signal?: AbortSignal): Promise<string> {
  try {
    await body();
    return '';
  } catch (error) {
    signal?.throwIfAborted();
    const text = error instanceof ToolError ? error.stderr : (error as Error).message;
    return text.trim().split('\n')[0] || String(error);
  }
}
