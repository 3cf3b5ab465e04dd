import { inBytes, LimitError } from '../host/limit-error.ts';
import type { Limits } from '../model/limits.ts';
import { groupUsage } from './control-group.ts';
import { lookAtDisks } from './disk-watch.ts';
import { machineMemory, memoryReserve } from './limits.ts';
import { exactMemory } from './process-files.ts';
import { readProcesses, treesOf } from './process-tree.ts';
import type { Seen, Watched } from './watched.ts';

/** Milliseconds between two looks at memory and processes. */
const interval = 250;

/** Bytes of memory that a program fills in a second, at most. */
const fastestGrowth = 2 * 1024 ** 3;

const pageBytes = 4096;

const watched = new Set<Seen>();
let rootOf: ReadonlyMap<number, number> = new Map();
let isLooking = false;

/** Watches a sandbox until the returned function is called. */
export function watch(one: Watched): () => void {
  const seen: Seen = { ...one, isEnding: false, pids: [], memory: 0, measureAt: 0 };
  watched.add(seen);
  const stopDisk = lookAtDisks(seen, endOne);
  if (!isLooking) void lookAgain();
  return () => {
    watched.delete(seen);
    stopDisk();
  };
}

function endOne(one: Seen, error: LimitError): void {
  if (one.isEnding || !watched.has(one)) return;
  one.isEnding = true;
  one.end(error);
}

async function lookAgain(): Promise<void> {
  isLooking = true;
  while (watched.size > 0) {
    await look().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, interval).unref());
  }
  isLooking = false;
}

async function look(): Promise<void> {
  const running = [...watched].filter((one) => !one.isEnding);
  await Promise.all(running.map(lookAtGroup));
  const others = running.filter(({ group, isEnding }) => group?.holds !== 'all' && !isEnding);
  if (others.length > 0) await lookAtProcesses(others);
  // One after another: the memory of the one that is ending will be free in a moment.
  if ([...watched].some(({ isEnding }) => isEnding)) return;
  const error = memoryShortage(machineMemory(), process.availableMemory());
  const [largest] = running.sort((a, b) => b.memory - a.memory);
  if (error !== undefined && largest !== undefined) endOne(largest, error(largest.memory));
}

async function lookAtGroup(one: Seen): Promise<void> {
  const usage = one.group && (await groupUsage(one.group));
  if (usage === undefined) return;
  if (one.group?.holds === 'all') one.memory = usage.memory;
  if (usage.reached !== undefined) endOne(one, limitError(usage.reached, one.limits));
}

/** Without control groups that hold all bounds: sums up what the processes of each sandbox use. */
async function lookAtProcesses(running: readonly Seen[]): Promise<void> {
  const roots = running.map(({ pid }) => pid);
  const found = treesOf(await readProcesses(), roots, rootOf);
  rootOf = found.rootOf;
  for (const one of running) {
    const usage = found.trees.get(one.pid);
    if (usage === undefined) continue;
    one.pids = usage.pids;
    one.memory = usage.pages * pageBytes;
    if (usage.processes > one.limits.processes) endOne(one, limitError('processes', one.limits));
    else if (one.memory > one.limits.memory) await measureMemory(one);
  }
}

/** Pages that processes share were counted in each of them: measures again, without that. */
async function measureMemory(one: Seen): Promise<void> {
  const { memory: limit } = one.limits;
  if (performance.now() < one.measureAt) return;
  one.memory = (await exactMemory(one.pids)) ?? one.memory;
  if (one.memory > limit) endOne(one, limitError('memory', one.limits));
  one.measureAt = performance.now() + ((limit - one.memory) / fastestGrowth) * 1000;
}

/** Returns the error for a limit that was reached. Pure. */
export function limitError(limit: 'memory' | 'processes', { memory, processes }: Limits): LimitError {
  return limit === 'memory'
    ? new LimitError('memory', `used more than ${inBytes(memory)} of memory`)
    : new LimitError('processes', `ran more than ${processes} processes at once`);
}

/** Returns the error for the sandbox that uses the most when the machine's memory is short, else undefined. Pure. */
export function memoryShortage(total: number, available: number): ((used: number) => LimitError) | undefined {
  if (available >= memoryReserve(total) / 3) return undefined;
  return (used) =>
    new LimitError(
      'memory',
      `used the most memory (${inBytes(used)}) when the machine had only ${inBytes(available)} left`,
    );
}
