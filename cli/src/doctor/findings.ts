import { resolve } from 'node:path';
import { counted } from '../../../src/shared/base/counted.ts';
import { makeCommand } from '../../../src/shared/base/make-command.ts';
import type { Problem } from '../../../src/shared/base/problems.ts';
import { shellWord } from '../../../src/shared/base/shell-word.ts';
import type { Need } from '../../../src/shared/host/needs.ts';
import type { ShownProxy } from '../../../src/shared/host/proxies.ts';
import { type Privilege, privilegedContainer, sudoCommand } from '../../../src/shared/host/rights.ts';
import { type System, systemName, systemProblem } from '../../../src/shared/host/system.ts';
import type { HeldBounds } from '../../../src/shared/sandbox/control-group.ts';

/** The folders that a run works in. */
export interface RunFolders {
  build: string;
  out: string;
  cache: string;
  /** The worker's tree, if there is one. Its files keep their owners, which builds see. */
  worker?: string;
}

/** KVM on this machine. */
export interface Kvm {
  /** `rootOnly`: only root may open its device, and this user is not root; `untried`: there is no kernel to test it with. */
  state: 'works' | 'absent' | 'rootOnly' | 'broken' | 'untried';
  /** Who opens its device. Root lends it to QEMU, which runs as an ordinary user. */
  by: 'user' | 'root';
}

/** The state of this machine. Undefined: not checked. */
export interface HostFacts {
  /** `v24.1.0` */
  node: string;
  /** The name of this process's user. */
  user: string;
  privilege?: Privilege | undefined;
  system?: System | undefined;
  /** The needs that the host does not meet, the packages that meet them, and those without a package. */
  missing: { needs: readonly Need[]; packages: readonly string[]; unknown: readonly Need[] };
  /** `foreign`: those of the folders, and of the folders directly in them, that this user may not write. */
  folders?: RunFolders & { foreign: readonly string[] };
  /** Free bytes on the file system of each folder. */
  disk?: { dir: string; freeBytes: number; needBytes: number }[];
  memoryBytes: number;
  cores: number;
  /** `error`: why an overlay cannot be mounted in `dir`; empty if it can. */
  overlay?: { dir: string; error: string };
  /** How the bounds of builds are held. */
  bounds?: HeldBounds;
  kvm?: Kvm;
  /** The users and groups of the host that have numbers of the sandboxes' users. */
  userIdProblems?: readonly Problem[] | undefined;
  /** `error`: why no package could be downloaded from the mirror; empty if one was. */
  mirror?: { error: string };
  /** The proxies of the environment. `error`: why it cannot be connected to; empty if it can. */
  proxies?: readonly (ShownProxy & { error: string })[] | undefined;
}

/** The result of one check. */
export interface Finding {
  name: string;
  ok: boolean;
  /** True if nothing can be built unless this is ok. */
  mandatory: boolean;
  /** The state that was found. */
  text: string;
  /** The command or change that helps. */
  hint?: string;
}

const gib = 1024 ** 3;
const inGib = (bytes: number) => `${(bytes / gib).toFixed(1)} GiB`;

/** Free space that a first run needs, and one that has a toolchain. */
export const diskNeed = { cold: 6 * gib, warm: 1 * gib } as const;
const memoryNeed = 1.5 * gib;

/** One line of `make doctor`: `✓ disk: 79.2 GiB free`, `✗ sudo: asks for a password → …` */
export function findingLine(finding: Finding): string {
  const line = `${finding.ok ? '✓' : '✗'} ${finding.name}: ${finding.text}`;
  return finding.hint === undefined ? line : `${line} → ${finding.hint}`;
}

/** Returns a finding for each fact that was checked. Pure. */
export function findingsOf(facts: HostFacts): Finding[] {
  return [systemFinding, nodeFinding, sudoFinding, toolsFinding, writableFinding, diskFindings]
    .concat([
      memoryFinding,
      overlayFinding,
      boundsFinding,
      userIdsFinding,
      kvmFinding,
      proxyFindings,
      mirrorFinding,
    ])
    .flatMap((check) => check(facts) ?? []);
}

function finding(name: string, ok: boolean, text: string, hint: string, mandatory = true): Finding {
  return { name, ok, mandatory, text, ...(ok ? {} : { hint }) };
}

type Check = (facts: HostFacts) => Finding | Finding[] | undefined;

const nodeFinding: Check = ({ node }) => {
  const major = Number(/^v(\d+)/.exec(node)?.[1] ?? 0);
  return finding('node', major >= 20, node, 'Node 20 or newer: https://nodejs.org/en/download');
};

const sudoFinding: Check = ({ privilege, user }) => {
  if (privilege === undefined) return undefined;
  const texts = {
    root: 'not needed, this is root',
    sudo: 'without a password',
    asks: 'asks for a password',
    none: 'is not installed',
  };
  const hint = `as root: ${sudoCommand(privilege, user)}`;
  return finding('sudo', privilege === 'root' || privilege === 'sudo', texts[privilege], hint);
};

const systemFinding: Check = ({ system }) => {
  if (system === undefined) return undefined;
  const wrong = systemProblem(system);
  return finding('system', wrong === undefined, wrong?.message ?? systemName(system), wrong?.hint ?? '');
};

const toolsFinding: Check = ({ missing: { needs, packages, unknown } }) => {
  const text = needs.length === 0 ? 'all installed' : `missing: ${needs.join(', ')}`;
  const install = `sudo apt-get install --no-install-recommends ${packages.join(' ')} (${makeCommand('image')} does it)`;
  const hint = unknown.length > 0 ? 'sudo apt-get update' : install;
  return finding('tools', needs.length === 0, text, hint, false);
};

const writableFinding: Check = ({ folders }) => {
  if (folders === undefined) return undefined;
  const { build, out, cache, worker, foreign } = folders;
  const ok = foreign.length === 0;
  const text = ok ? [build, out, cache].join(', ') : `you may not write ${foreign.join(', ')}`;
  return finding('writable', ok, text, chownCommand(foreign, worker));
};

const diskFindings: Check = ({ disk = [], folders }) =>
  disk.map(({ dir, freeBytes, needBytes }) => {
    const variable = dir === folders?.cache ? 'CACHE_DIR' : 'BUILD_DIR';
    const ok = freeBytes >= needBytes;
    const text = `${inGib(freeBytes)} free in ${dir}${ok ? '' : `, ${inGib(needBytes)} needed`}`;
    return finding(
      'disk',
      ok,
      text,
      `${makeCommand('clean')}, or a folder on a larger disk: ${variable}=<folder>`,
    );
  });

const memoryFinding: Check = ({ memoryBytes, cores }) => {
  const text = `${inGib(memoryBytes)} available, ${counted(cores, 'core')}`;
  const hint = `builds may run out of memory below ${inGib(memoryNeed)}: CONCURRENT_PACKAGE_BUILDS=1 helps`;
  return finding('memory', memoryBytes >= memoryNeed, text, hint, false);
};

const overlayFinding: Check = ({ overlay }) => {
  if (overlay === undefined) return undefined;
  const { dir, error } = overlay;
  const text = error === '' ? `works in ${dir}` : `cannot be mounted in ${dir}: ${error}`;
  const mayNot = /unshare|not permitted|permission denied/i.test(error);
  const hint = mayNot
    ? privilegedContainer
    : 'a folder on ext4 or xfs: BUILD_DIR=<folder> (the / of a container is an overlay itself: use a volume)';
  return finding('overlay', error === '', text, hint);
};

const userIdsFinding: Check = ({ userIdProblems }) => {
  if (userIdProblems === undefined) return undefined;
  const [first] = userIdProblems;
  const text = first === undefined ? 'none has a number of the sandboxes' : first.message;
  return finding('user ids', first === undefined, text, first?.hint ?? '');
};

const boundsFinding: Check = ({ bounds }) => {
  if (bounds === undefined) return undefined;
  const { groups, reason } = bounds;
  const looking = `held by looking at processes four times a second: ${reason}`;
  const texts = {
    none: looking,
    all: `of memory and processes held by control groups in ${groups?.folder}`,
    processes: `of processes held by control groups in ${groups?.folder}; of memory, ${looking}`,
  };
  const text = texts[groups?.holds ?? 'none'];
  return { name: 'bounds', ok: true, mandatory: false, text };
};

const kvmFinding: Check = ({ kvm }) => {
  if (kvm === undefined) return undefined;
  const there = kvm.by === 'root' ? 'there, used through sudo' : 'there';
  const texts = {
    works: `${there}: works`,
    absent: 'not available: QEMU emulates, which is slower',
    rootOnly: 'there, but only root may use it, and sudo is needed for that: QEMU emulates, which is slower',
    broken: `${there}, but boots no kernel: QEMU emulates, which is slower`,
    untried: `${there}; the first boot test finds out if it works`,
  };
  return { name: 'kvm', ok: true, mandatory: false, text: texts[kvm.state] };
};

const proxyFindings: Check = ({ proxies = [] }) =>
  proxies.map(({ variable, host, error }) => {
    const text = `${host} of ${variable}${error === '' ? '' : ` cannot be reached: ${error}`}`;
    const hint = `start it, or unset ${variable} if this machine needs none`;
    return finding('proxy', error === '', text, hint);
  });

const mirrorFinding: Check = ({ mirror, proxies = [] }) => {
  if (mirror === undefined) return undefined;
  const text = mirror.error === '' ? 'a package was downloaded' : mirror.error;
  const isProxy = proxies.some(({ error }) => error !== '') || /\b407\b/.test(mirror.error);
  const hint = isProxy ? 'correct the proxy first' : 'sudo apt-get update';
  return finding('mirror', mirror.error === '', text, hint);
};

/** The command that gives `dirs` to this user, except the worker's tree, whose owners builds see. */
function chownCommand(dirs: readonly string[], worker: string | undefined): string {
  const quoted = dirs.map(shellWord).join(' ');
  const holds = (dir: string) => worker !== undefined && resolve(worker).startsWith(`${resolve(dir)}/`);
  if (worker === undefined || !dirs.some(holds)) return `sudo chown -R "$(id -un)": ${quoted}`;
  return `sudo find ${quoted} -path ${shellWord(worker)} -prune -o -exec chown -h "$(id -un)": {} +`;
}
