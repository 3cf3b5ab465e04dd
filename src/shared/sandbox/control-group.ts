import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runShortTool } from '../host/short-tool.ts';
import type { Limits } from '../model/limits.ts';

const script = readFileSync(new URL('./control-group.sh', import.meta.url), 'utf8');
const command = (...args: readonly string[]) => ['/bin/sh', '-c', script, 'azl', ...args];

/** How the bounds of sandboxes are held on this machine. */
export interface HeldBounds {
  /** The folder of azl's control groups; undefined where they cannot hold bounds. */
  groups?: string;
  /** Why there are none. */
  reason?: string;
}

/** The usage of a control group, and the limit that it reached. */
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
  return line.startsWith('/')
    ? { groups: line }
    : { reason: line.replace(/^no: /, '') || 'the probe is mute' };
}

/** Names the process numbers of this machine, or of this container: they are no names anywhere else. */
function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}

/** Returns the folder of a new group of this process, which {@link enterGroup} makes. Undefined where there are none. */
export async function newGroup(): Promise<string | undefined> {
  const { groups } = await heldBounds();
  return groups && join(groups, `${pidNamespace()}.${process.pid}-${++count}`);
}

/** Returns the command, for root, that makes a group with limits and runs `argv` in it. Pure. */
export function enterGroup(
  group: string,
  { memory, processes }: Pick<Limits, 'memory' | 'processes'>,
  argv: readonly string[],
): string[] {
  const memoryMax = Number.isFinite(memory) ? String(Math.floor(memory)) : 'max';
  return command('enter', group, memoryMax, String(processes), ...argv);
}

/** Ends what is left in a group, and removes it. */
export async function removeGroup(group: string): Promise<void> {
  if (existsSync(group)) await runShortTool(command('remove', group), { root: true, ok: 'any' });
}

/** Reads what a group uses; undefined when it is gone, or not there yet. */
export async function groupUsage(group: string): Promise<GroupUsage | undefined> {
  try {
    const names = ['memory.current', 'pids.current', 'memory.events', 'pids.events'];
    const texts = await Promise.all(names.map((name) => readFile(join(group, name), 'utf8')));
    return parseUsage(...(texts as [string, string, string, string]));
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
export async function groupProcesses(group: string): Promise<number[]> {
  const text = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}
