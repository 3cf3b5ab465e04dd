import { resolve } from 'node:path';
import { shellWord } from '../../../src/shared/base/shell-word.ts';
import type { Need } from '../../../src/shared/host/needs.ts';

/** The folders that a run works in. */
export interface Folders {
  build: string;
  out: string;
  cache: string;
  /** The worker's tree, where there is one: root's whoever runs, for its owners are part of what it is. */
  worker?: string;
}

/** What was seen of this machine. Undefined: was not looked at. */
export interface Facts {
  /** `v24.1.0` */
  node: string;
  /** The name of this process's user. */
  user: string;
  /** `asks`: sudo is there, and wants a password. */
  privilege?: 'root' | 'sudo' | 'asks' | 'none';
  apt?: boolean;
  /** What is missing on the host, and the packages that bring it. */
  missing: { needs: readonly Need[]; packages: readonly string[]; unknown: readonly Need[] };
  /** The folders of a run, and those among them and in them that this user may not write. */
  folders?: Folders & { foreign: readonly string[] };
  /** Free bytes where each folder lies or will lie. */
  disk?: { dir: string; freeBytes: number; needBytes: number }[];
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
  hint?: string;
}

const gib = 1024 ** 3;
const inGib = (bytes: number) => `${(bytes / gib).toFixed(1)} GiB`;

/** Free space that a first run needs, and one that finds its toolchain. */
export const diskNeed = { cold: 6 * gib, warm: 1 * gib } as const;
const memoryNeed = 1.5 * gib;

/** `✓ disk: 79.2 GiB free`, `✗ sudo: asks for a password → …` */
export function findingLine(finding: Finding): string {
  const line = `${finding.ok ? '✓' : '✗'} ${finding.name}: ${finding.text}`;
  return finding.hint === undefined ? line : `${line} → ${finding.hint}`;
}

/** Says of each fact whether it will do. Pure. */
export function judge(facts: Facts): Finding[] {
  const finding = (name: string, ok: boolean, text: string, hint: string, mandatory = true): Finding => ({
    name,
    ok,
    mandatory,
    text,
    ...(ok ? {} : { hint }),
  });
  const major = Number(/^v(\d+)/.exec(facts.node)?.[1] ?? 0);
  const { missing, user } = facts;
  const found: Finding[] = [
    finding('node', major >= 20, facts.node, 'Node 20 or newer: https://nodejs.org/en/download'),
  ];
  if (facts.privilege !== undefined) {
    const texts = {
      root: 'not needed, this is root',
      sudo: 'without a password',
      asks: 'asks for a password',
      none: 'is not installed',
    };
    found.push(
      finding(
        'sudo',
        facts.privilege === 'root' || facts.privilege === 'sudo',
        texts[facts.privilege],
        `as root: ${facts.privilege === 'none' ? 'apt-get install sudo && ' : ''}echo "${user} ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/azl`,
      ),
    );
  }
  if (facts.apt !== undefined) {
    const text = facts.apt ? 'is there' : 'is not there';
    found.push(finding('apt', facts.apt, text, 'use Debian 12, 13 or Ubuntu 24.04'));
  }
  found.push(
    finding(
      'tools',
      missing.needs.length === 0,
      missing.needs.length === 0 ? 'all there' : `missing: ${missing.needs.join(', ')}`,
      missing.unknown.length > 0
        ? 'sudo apt-get update'
        : `sudo apt-get install --no-install-recommends ${missing.packages.join(' ')} (make image does it)`,
      false,
    ),
  );
  if (facts.folders !== undefined) {
    const { build, out, cache, worker, foreign } = facts.folders;
    const text =
      foreign.length === 0 ? [build, out, cache].join(', ') : `you may not write ${foreign.join(', ')}`;
    found.push(finding('writable', foreign.length === 0, text, ownCommand(foreign, worker)));
  }
  for (const { dir, freeBytes, needBytes } of facts.disk ?? []) {
    const ok = freeBytes >= needBytes;
    const text = `${inGib(freeBytes)} free in ${dir}${ok ? '' : `, ${inGib(needBytes)} needed`}`;
    found.push(finding('disk', ok, text, 'make clean, or BUILD_DIR= and CACHE_DIR= on a larger disk'));
  }
  found.push(
    finding(
      'memory',
      facts.memoryBytes >= memoryNeed,
      `${inGib(facts.memoryBytes)} available, ${facts.cores} cores`,
      `builds may run out of it: ${inGib(memoryNeed)} is little, CONCURRENT_PACKAGE_BUILDS=1 helps`,
      false,
    ),
  );
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

/** The command that gives `dirs` to this user, but leaves the worker's tree root's: builds see who owns its files. */
function ownCommand(dirs: readonly string[], worker: string | undefined): string {
  const quoted = dirs.map(shellWord).join(' ');
  const holds = (dir: string) => worker !== undefined && resolve(worker).startsWith(`${resolve(dir)}/`);
  if (worker === undefined || !dirs.some(holds)) return `sudo chown -R "$(id -un)": ${quoted}`;
  return `sudo find ${quoted} -path ${shellWord(worker)} -prune -o -exec chown -h "$(id -un)": {} +`;
}
