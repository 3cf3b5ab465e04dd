import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Problem } from '../base/problems.ts';

/** The operating system of this machine, as Node and its files name it. */
export interface System {
  /** `process.platform` */
  platform: string;
  /** `process.arch` */
  machine: string;
  /** The kernel's release, as of `uname -r`. */
  kernel: string;
  /** The variables of os-release(5). */
  release: Readonly<Record<string, string>>;
  hasApt: boolean;
}

/** The oldest versions of the systems whose versions are known. Others with apt are tried. */
const oldest: Readonly<Record<string, { name: string; version: number }>> = {
  debian: { name: 'Debian', version: 12 },
  ubuntu: { name: 'Ubuntu', version: 24.04 },
};

const container =
  'docker run --privileged -it -v "$PWD:$PWD" -w "$PWD" -v azl:/azl debian:13, there with BUILD_DIR=/azl/build';
const hint = `Use a machine with Debian 12, Debian 13 or Ubuntu 24.04, or a container of one: ${container}.`;

/** Reads what this machine's system is. */
export function readSystem(): System {
  return {
    platform: process.platform,
    machine: process.arch,
    kernel: release(),
    release: parseRelease(readReleaseFile()),
    hasApt: existsSync('/usr/bin/apt-get'),
  };
}

/** The name of a system: `Debian GNU/Linux 13 (trixie), x64`. Pure. */
export function systemName({ platform, machine, release }: System): string {
  return `${release['PRETTY_NAME'] ?? release['NAME'] ?? platform}, ${machine}`;
}

/** Returns why azl cannot work on a system, and how to go on; undefined if it can. Pure. */
export function systemProblem(system: System): Problem | undefined {
  const { platform, machine, kernel, release, hasApt } = system;
  const name = systemName(system);
  if (platform !== 'linux') return { message: `azl works on Linux alone, and this is ${platform}`, hint };
  // WSL 2 has `microsoft-standard-WSL2`.
  if (/Microsoft$/.test(kernel))
    return {
      message: 'WSL 1 has no Linux kernel, and azl mounts overlays and starts namespaces',
      hint: 'In Windows: `wsl --set-version <distribution> 2`.',
    };
  if (machine !== 'x64' && machine !== 'arm64')
    return { message: `azl builds for x86_64 and aarch64, each on its own, and this is ${name}`, hint };
  if (!hasApt) return { message: `azl installs what it needs with apt, and this is ${name}`, hint };
  const known = oldest[release['ID'] ?? ''];
  const version = Number.parseFloat(release['VERSION_ID'] ?? '');
  if (known !== undefined && version < known.version)
    return { message: `azl needs ${known.name} ${known.version} or newer, and this is ${name}`, hint };
  return undefined;
}

/** Parses os-release(5): `NAME=value`, with quotes around values that need them. Pure. */
export function parseRelease(text: string): Record<string, string> {
  const lines = text.matchAll(/^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/gm);
  return Object.fromEntries([...lines].map(([, name, a, b, c]) => [name, (a ?? b ?? c ?? '').slice(0, 100)]));
}

function readReleaseFile(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
