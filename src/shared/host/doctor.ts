import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { cpus, freemem, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createLayer, removeLayer } from '../buildroot/sandbox.ts';
import { findPackages, missingNeeds, type Need } from './packages.ts';
import { isRoot, runTool, ToolError } from './process.ts';

/** What was seen of this machine. Undefined: was not looked at. */
export interface Facts {
  /** `v24.1.0` */
  node: string;
  /** `asks`: sudo is there, and wants a password. */
  privilege: 'root' | 'sudo' | 'asks' | 'none';
  apt: boolean;
  /** What is missing on the host, and the packages that bring it. */
  missing: { needs: readonly Need[]; packages: readonly string[]; unknown: readonly Need[] };
  /** Free bytes where each folder lies or will lie. */
  disk: { dir: string; freeBytes: number; needBytes: number }[];
  memoryBytes: number;
  cores: number;
  /** Why an overlay cannot be mounted in `dir`; empty when it can. */
  overlay?: { dir: string; fault: string };
  /** `untried`: the device opens, and no kernel is at hand to try it with. */
  kvm?: 'works' | 'absent' | 'broken' | 'untried';
  /** Why no package came from the mirror; empty when one did. */
  mirror?: { fault: string };
}

/** One line of the doctor's answer. */
export interface Finding {
  name: string;
  ok: boolean;
  /** When it is not ok, nothing can be built. */
  mandatory: boolean;
  /** What was seen. */
  text: string;
  /** The command, or the deed, that mends it. */
  mend?: string;
}

const gib = 1024 ** 3;
const inGib = (bytes: number) => `${(bytes / gib).toFixed(1)} GiB`;

/** Free space that a first run needs, and one that finds its toolchain. */
export const diskNeed = { cold: 6 * gib, warm: 1 * gib } as const;
const memoryNeed = 1.5 * gib;

/** `✓ disk: 79.2 GiB free`, `✗ sudo: asks for a password → …` */
export function findingLine(finding: Finding): string {
  const line = `${finding.ok ? '✓' : '✗'} ${finding.name}: ${finding.text}`;
  return finding.mend === undefined ? line : `${line} → ${finding.mend}`;
}

/** Says of each fact whether it will do. Pure. */
export function judge(facts: Facts): Finding[] {
  const finding = (name: string, ok: boolean, text: string, mend: string, mandatory = true): Finding => ({
    name,
    ok,
    mandatory,
    text,
    ...(ok ? {} : { mend }),
  });
  const major = Number(/^v(\d+)/.exec(facts.node)?.[1] ?? 0);
  const privileges = {
    root: 'not needed, this is root',
    sudo: 'without a password',
    asks: 'asks for a password',
    none: 'is not installed',
  };
  const { missing } = facts;
  const found: Finding[] = [
    finding('node', major >= 20, facts.node, 'Node 20 or newer: https://nodejs.org/en/download'),
    finding(
      'sudo',
      facts.privilege === 'root' || facts.privilege === 'sudo',
      privileges[facts.privilege],
      facts.privilege === 'none'
        ? 'as root: apt-get install sudo && adduser USER sudo'
        : 'as root: echo "USER ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/azl',
    ),
    finding('apt', facts.apt, facts.apt ? 'is there' : 'is not there', 'use Debian 12, 13 or Ubuntu 24.04'),
    finding(
      'tools',
      missing.needs.length === 0,
      missing.needs.length === 0 ? 'all there' : `missing: ${missing.needs.join(', ')}`,
      missing.unknown.length > 0
        ? 'sudo apt-get update'
        : `sudo apt-get install --no-install-recommends ${missing.packages.join(' ')} (make image does it)`,
      false,
    ),
    ...facts.disk.map(({ dir, freeBytes, needBytes }) =>
      finding(
        'disk',
        freeBytes >= needBytes,
        `${inGib(freeBytes)} free in ${dir}${freeBytes >= needBytes ? '' : `, ${inGib(needBytes)} needed`}`,
        'make clean, or BUILD_DIR= and CACHE_DIR= on a larger disk',
      ),
    ),
    finding(
      'memory',
      facts.memoryBytes >= memoryNeed,
      `${inGib(facts.memoryBytes)} available, ${facts.cores} cores`,
      `builds may run out of it: ${inGib(memoryNeed)} is little, CONCURRENT_PACKAGE_BUILDS=1 helps`,
      false,
    ),
  ];
  if (facts.overlay !== undefined) {
    const { dir, fault } = facts.overlay;
    const text = fault === '' ? `works in ${dir}` : `cannot be mounted in ${dir}: ${fault}`;
    found.push(
      finding('overlay', fault === '', text, 'BUILD_DIR= on ext4 or xfs (not in an overlay of a container)'),
    );
  }
  if (facts.kvm !== undefined) {
    const texts = {
      works: 'works',
      absent: 'not there: QEMU emulates, which takes longer',
      broken: 'is there, but boots nothing: QEMU emulates, which takes longer',
      untried: 'is there; the first boot test finds out whether it works',
    };
    found.push({ name: 'kvm', ok: true, mandatory: false, text: texts[facts.kvm] });
  }
  if (facts.mirror !== undefined) {
    const { fault } = facts.mirror;
    found.push(
      finding('mirror', fault === '', fault === '' ? 'a package came from it' : fault, 'sudo apt-get update'),
    );
  }
  return found;
}

export interface ExamineOptions {
  buildDir: string;
  cacheDir: string;
  needs: readonly Need[];
  /** Also try what takes a second or more: the mirror, and what `kvm` looks at. */
  thorough: boolean;
  /** Answers whether KVM boots. */
  kvm?: () => Promise<NonNullable<Facts['kvm']>>;
  signal?: AbortSignal;
}

/** Looks at this machine. Mounts only in a namespace of its own; leaves nothing behind. */
export async function examine(options: ExamineOptions): Promise<Facts> {
  const { buildDir, cacheDir, signal } = options;
  const privilege = await lookAtPrivilege();
  const needs = missingNeeds(options.needs);
  const need = existsSync(join(cacheDir, 'toolchain', 'toolchain.json')) ? diskNeed.warm : diskNeed.cold;
  const apt = existsSync('/usr/bin/apt-get');
  const mayMount = privilege === 'root' || privilege === 'sudo';
  const [missing, overlay, kvm, mirror, disk] = await Promise.all([
    needs.length > 0 && apt ? findPackages(needs, signal) : { packages: [], unknown: needs },
    mayMount ? probeOverlay(buildDir, signal) : undefined,
    options.thorough ? options.kvm?.() : undefined,
    options.thorough && apt ? probeMirror(signal) : undefined,
    lookAtDisk([buildDir, cacheDir], need),
  ]);
  return {
    node: process.version,
    privilege,
    apt,
    missing: { needs, ...missing },
    disk,
    memoryBytes: process.availableMemory?.() ?? freemem(),
    cores: cpus().length,
    ...(overlay === undefined ? {} : { overlay: { dir: buildDir, fault: overlay } }),
    ...(kvm === undefined ? {} : { kvm }),
    ...(mirror === undefined ? {} : { mirror: { fault: mirror } }),
  };
}

async function lookAtPrivilege(): Promise<Facts['privilege']> {
  if (isRoot()) return 'root';
  if (!existsSync('/usr/bin/sudo')) return 'none';
  return (await runTool(['sudo', '-n', 'true'], { ok: 'any' })).code === 0 ? 'sudo' : 'asks';
}

/** Free space for each folder; folders on one file system are looked at once. */
async function lookAtDisk(dirs: readonly string[], needBytes: number): Promise<Facts['disk']> {
  const disk = new Map<number, Facts['disk'][number]>();
  for (const dir of dirs) {
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

/** Mounts an overlay, removes and adds a file in it. Answers what failed, or nothing. */
async function probeOverlay(buildDir: string, signal?: AbortSignal): Promise<string> {
  const dir = join(resolve(buildDir), `overlay-probe-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await createLayer(dir);
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
    await removeLayer(dir);
  }
}

/** Downloads one small package into a folder that goes away. Answers what failed, or nothing. */
async function probeMirror(signal?: AbortSignal): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'azl-mirror-'));
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
    await runTool(['apt-get', ...options, 'download', 'hostname'], {
      cwd: dir,
      timeoutSeconds: 20,
      ...(signal ? { signal } : {}),
    });
    return '';
  } catch (error) {
    signal?.throwIfAborted();
    return `no package came from it: ${firstLine(error)}`;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof ToolError ? error.stderr : String(error);
  return text.trim().split('\n')[0] ?? '';
}
