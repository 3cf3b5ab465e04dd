import { totalmem } from 'node:os';
import type { Limits, PackageLimits } from '../model/limits.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;
const minutes = 60;
const hours = 3600;
const unbounded = Number.POSITIVE_INFINITY;

/** Everything that runs code of strangers, or a tool over what they wrote. */
export type Step =
  | 'parse'
  | 'srpm'
  | 'transaction'
  | 'build'
  | 'check'
  | 'collect'
  | 'image transaction'
  | 'image program'
  | 'image script'
  | 'host tool';

/**
 * The default limits of each step. Memory: at most what {@link memoryFor} leaves to strangers. Disk: always bounded by
 * the free space that must stay (`diskReserve`). No build can see these limits, so they are in no key. The limits
 * that it can see (files of 16,384 open at once, 16,384 processes of its user, folders in memory) are in `enter.sh` and
 * `arguments.ts`, which are part of the recipe.
 */
const table: Readonly<Record<Step, Limits>> = {
  // Each spec has less: 4 GiB, 128 processes and a minute. All together are ended in order after half an hour.
  parse: { seconds: 35 * minutes, memory: unbounded, processes: 4096, disk: unbounded, log: 64 * mib },
  srpm: { seconds: 30 * minutes, memory: 4 * gib, processes: 4096, disk: unbounded, log: 64 * mib },
  transaction: { seconds: 30 * minutes, memory: 8 * gib, processes: 4096, disk: unbounded, log: 64 * mib },
  build: { seconds: 12 * hours, memory: unbounded, processes: 8192, disk: unbounded, log: 512 * mib },
  check: { seconds: 12 * hours, memory: unbounded, processes: 8192, disk: unbounded, log: 512 * mib },
  collect: { seconds: 30 * minutes, memory: 2 * gib, processes: 256, disk: unbounded, log: 64 * mib },
  'image transaction': {
    seconds: 1 * hours,
    memory: 8 * gib,
    processes: 4096,
    disk: unbounded,
    log: 64 * mib,
  },
  'image program': {
    seconds: 30 * minutes,
    memory: 8 * gib,
    processes: 4096,
    disk: unbounded,
    log: 64 * mib,
  },
  'image script': { seconds: 30 * minutes, memory: 8 * gib, processes: 4096, disk: unbounded, log: 64 * mib },
  'host tool': { seconds: 1 * hours, memory: 4 * gib, processes: 1024, disk: unbounded, log: 64 * mib },
};

/** Bytes that each folder in memory of a sandbox can hold: /dev/shm, /run, and those that a step asks for. */
export const tmpfsBytes = 512 * mib;

/** Bytes of memory that stay for this process, its tools and the runner. Pure. */
export function memoryReserve(total: number): number {
  return Math.min(1.5 * gib, total / 8);
}

/**
 * Bytes of memory that all sandboxes may use together, and so each of them while the others use little. When memory runs
 * out all the same, the sandbox that uses the most is ended: what stays below its share is never ended for another. Pure.
 */
export function memoryFor(total: number): number {
  return total - memoryReserve(total);
}

/** Bytes of the machine's memory, or of the container's. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

/**
 * Returns the limits of a step. What a user gave for a package holds for every step of it.
 * @param given by package
 */
export function limitsOf(step: Step, given: PackageLimits = {}, name = ''): Limits {
  const row = table[step];
  const memory = Math.min(row.memory, memoryFor(machineMemory()));
  return { ...row, memory, ...given['*'], ...(Object.hasOwn(given, name) ? given[name] : {}) };
}
