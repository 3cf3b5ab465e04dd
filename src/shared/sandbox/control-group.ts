import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runShortTool } from '../host/short-tool.ts';
import type { Limits } from '../model/limits.ts';

const script = readFileSync(new URL('./control-group.sh', import.meta.url), 'utf8');
const command = (...args: readonly string[]) => ['/bin/sh', '-c', script, 'azl', ...args];

/** The folder of a control group, or of azl's groups, and the bounds that the kernel holds for such a group. */
export interface ControlGroup {
  folder: string;
  /** `processes`: a group of version 1, where version 2 cannot be used. */
  holds: 'all' | 'processes';
}

/** How the bounds of sandboxes are held on this machine. */
export interface HeldBounds {
  /** The folder of azl's control groups; undefined where they cannot hold bounds. */
  groups?: ControlGroup;
  /** Why they do not hold all bounds. */
  reason?: string;
}

/** The usage of a control group, and the limit that it reached. One that holds processes alone knows no memory. */
export interface GroupUsage {
  memory: number;
  processes: number;
  reached: 'memory' | 'processes' | undefined;
}

let opened: Promise<HeldBounds> | undefined;
let count = 0;

/** Finds out how bounds are held, once in a process. Groups that killed runs left are removed. */
export async function heldBounds(): Promise<HeldBounds> {
  opened ??= openGroups();
  return await opened;
}

async function openGroups(): Promise<HeldBounds> {
  const { code, stdout, stderr } = await runShortTool(command('open', pidNamespace()), {
    root: true,
    ok: 'any',
  });
  return parseOpened(code === 0 ? stdout : `no: ${stderr.trim() || `the probe ended with ${code}`}`);
}

/** Parses what the probe printed. Pure. */
export function parseOpened(text: string): HeldBounds {
  const line = text.trim().split('\n').at(-1) ?? '';
  if (line.startsWith('/')) return { groups: { folder: line, holds: 'all' } };
  const folder = /^processes: (\/.+)$/m.exec(text)?.[1];
  return {
    ...(folder !== undefined && { groups: { folder, holds: 'processes' } }),
    reason: line.replace(/^no: /, '') || 'the probe is mute',
  };
}

/** Names the process numbers of this machine, or of this container: they are no names anywhere else. */
function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}

/** Returns a new group of this process, which {@link enterGroup} makes. Undefined where there are none. */
export async function newGroup(): Promise<ControlGroup | undefined> {
  const { groups } = await heldBounds();
  return groups && { ...groups, folder: join(groups.folder, `${pidNamespace()}.${process.pid}-${++count}`) };
}

/** Returns the command, for root, that makes a group with limits and runs `argv` in it. Pure. */
export function enterGroup(
  { folder, holds }: ControlGroup,
  { memory, processes }: Pick<Limits, 'memory' | 'processes'>,
  argv: readonly string[],
): string[] {
  const memoryMax = Number.isFinite(memory) ? String(Math.floor(memory)) : 'max';
  return command('enter', folder, holds === 'all' ? memoryMax : '-', String(processes), ...argv);
}

/** Ends what is left in a group, and removes it. */
export async function removeGroup({ folder }: ControlGroup): Promise<void> {
  if (existsSync(folder)) await runShortTool(command('remove', folder), { root: true, ok: 'any' });
}

/** Reads what a group uses; undefined when it is gone, or not there yet. */
export async function groupUsage({ folder, holds }: ControlGroup): Promise<GroupUsage | undefined> {
  const read = async (name: string) => await readFile(join(folder, name), 'utf8');
  const readMemory = async (name: string) => (holds === 'all' ? await read(name) : '');
  try {
    return parseUsage(
      ...(await Promise.all([
        ...([readMemory('memory.current'), read('pids.current')] as const),
        ...([readMemory('memory.events'), read('pids.events')] as const),
      ])),
    );
  } catch {
    return undefined;
  }
}

/** Parses the files of a group. Pure. */
export function parseUsage(
  memory: string,
  pids: string,
  memoryEvents: string,
  pidsEvents: string,
): GroupUsage {
  const event = (text: string, name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const killed = event(memoryEvents, 'oom_kill') + event(memoryEvents, 'oom_group_kill');
  const refused = event(pidsEvents, 'max');
  return {
    memory: Number(memory),
    processes: Number(pids),
    reached: killed > 0 ? 'memory' : refused > 0 ? 'processes' : undefined,
  };
}

/** The processes in a group; none when it is gone. */
export async function groupProcesses({ folder }: ControlGroup): Promise<number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}
