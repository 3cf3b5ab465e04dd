import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** A process, as the kernel describes it. */
export interface ProcessFacts {
  pid: number;
  parent: number;
  threads: number;
  /** Pages of its memory that lie in RAM. Those that it shares with others count in each. */
  pages: number;
}

/** The usage of a tree of processes. */
export interface TreeUsage {
  pids: number[];
  /** Processes and their threads. */
  processes: number;
  pages: number;
}

/** Processes that are read in one go, a few milliseconds. Then the rest of this process has its turn. */
const atOnce = 64;

/** Reads the facts of all processes of this machine. Those that end meanwhile are left out. */
export async function readProcesses(): Promise<ProcessFacts[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const buffer = Buffer.alloc(1024);
  const found: ProcessFacts[] = [];
  for (const [at, pid] of pids.entries()) {
    if (at > 0 && at % atOnce === 0) await setImmediate();
    const facts = parseStat(readStat(pid, buffer));
    if (facts !== undefined) found.push(facts);
  }
  return found;
}

/** Synchronous: thousands of processes are read each second, and each asynchronous call would cost ten times as much. */
function readStat(pid: string, buffer: Buffer): string {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Parses a line of /proc/<pid>/stat. A process chooses its own name, which may hold blanks and parentheses. Pure. */
export function parseStat(text: string): ProcessFacts | undefined {
  const end = text.lastIndexOf(')');
  if (end === -1) return undefined;
  const fields = text.slice(end + 2).split(' ');
  const number = (at: number) => Number(fields[at]);
  const facts = { pid: Number.parseInt(text, 10), parent: number(1), threads: number(17), pages: number(21) };
  return Object.values(facts).every(Number.isFinite) ? facts : undefined;
}

/**
 * Sums up the trees of processes below some. A process whose parent ended between two reads belongs to the tree that it
 * belonged to before. Pure.
 * @param before the root of each process that was in a tree at the last look
 * @returns the usage below each root, and the root of each process in a tree
 */
export function treesOf(
  processes: readonly ProcessFacts[],
  roots: readonly number[],
  before: ReadonlyMap<number, number> = new Map(),
): { trees: Map<number, TreeUsage>; rootOf: Map<number, number> } {
  const trees = new Map(roots.map((root) => [root, { pids: [], processes: 0, pages: 0 } as TreeUsage]));
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const known = new Map<number, number | undefined>(roots.map((root) => [root, root]));
  const find = (pid: number): number | undefined => {
    const way: number[] = [];
    let at = pid;
    // A number that was used again could close a circle.
    while (!known.has(at)) {
      way.push(at);
      known.set(at, undefined);
      const parent = byPid.get(at)?.parent;
      if (parent === undefined || parent <= 1) {
        known.set(at, before.get(at));
        break;
      }
      at = parent;
    }
    const root = known.get(at);
    for (const one of way) known.set(one, root ?? before.get(one));
    return known.get(pid);
  };
  const rootOf = new Map<number, number>();
  for (const { pid, threads, pages } of processes) {
    const root = find(pid);
    const tree = root === undefined ? undefined : trees.get(root);
    if (root === undefined || tree === undefined) continue;
    rootOf.set(pid, root);
    tree.pids.push(pid);
    tree.processes += threads;
    tree.pages += pages;
  }
  return { trees, rootOf };
}
