import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { diskReserve } from '../host/full-disk.ts';
import { inBytes, LimitError } from '../host/limit-error.ts';
import { groupProcesses } from './control-group.ts';
import { bytesWritten } from './process-files.ts';
import type { Seen } from './watched.ts';

/** Ends a sandbox, unless that was done already. */
type End = (one: Seen, error: LimitError) => void;

/** A sandbox that writes to a disk. */
interface Writer {
  seen: Seen;
  end: End;
  /** Bytes by which the free space has shrunk since its start. It wrote no more than that. */
  shrunk: number;
  /** The value of `shrunk` at which its root is measured. */
  measureAt: number;
  /** Bytes that its processes had written at the last look at them. */
  written: number;
}

/** A disk that sandboxes write to. */
interface Disk {
  dir: string;
  writers: Set<Writer>;
  isWatched: boolean;
  free: number;
  /** Free bytes when a writer was ended last; its files are removed a moment later. Infinite: they are gone. */
  endedAt: number;
  /** When the writers' bytes were counted last, by the clock of this process. */
  countedAt: number;
}

/** Bytes that a disk takes in a second, at most. */
const fastestWrite = 3 * 1024 ** 3;

/** The part of the reserve that is kept free on top of it, for the time that it takes to end a writer. */
const margin = 1 / 4;

/** Milliseconds between two looks at a disk. */
const shortest = 15;
const longest = 250;

/** A root is measured again when the free space has shrunk by so much more, at least. */
const leastStep = 64 * 1024 ** 2;

const disks = new Map<number, Disk>();

/** Watches the disk that a sandbox writes to, until the returned function is called. */
export function lookAtDisks(seen: Seen, end: End): () => void {
  if (seen.dir === undefined) return () => {};
  const { dev } = statSync(seen.dir);
  const endedAt = Number.POSITIVE_INFINITY;
  const disk = disks.get(dev) ?? {
    dir: seen.dir,
    writers: new Set(),
    isWatched: false,
    free: 0,
    endedAt,
    countedAt: 0,
  };
  const writer = { seen, end, shrunk: 0, measureAt: seen.limits.disk, written: 0 };
  disk.writers.add(writer);
  disk.dir = seen.dir;
  disks.set(dev, disk);
  if (!disk.isWatched) void lookAgain(disk);
  return () => {
    disk.writers.delete(writer);
    const [other] = disk.writers;
    if (other?.seen.dir !== undefined) disk.dir = other.seen.dir;
  };
}

async function lookAgain(disk: Disk): Promise<void> {
  disk.isWatched = true;
  disk.free = Number.POSITIVE_INFINITY;
  while (disk.writers.size > 0) {
    const pause = await look(disk).catch(() => longest);
    await new Promise((resolve) => setTimeout(resolve, pause).unref());
  }
  disk.isWatched = false;
}

/** @returns the milliseconds until the next look */
async function look(disk: Disk): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(disk.dir);
  const [free, reserve] = [bavail * bsize, diskReserve(blocks * bsize)];
  const shrunk = disk.free === Number.POSITIVE_INFINITY ? 0 : Math.max(0, disk.free - free);
  disk.free = free;
  const running = [...disk.writers].filter(({ seen }) => !seen.isEnding);
  for (const writer of running) {
    writer.shrunk += shrunk;
    if (writer.shrunk >= writer.measureAt) void measure(writer);
  }
  // What is written until the next look, and until a killed program has stopped, must not touch the reserve.
  const floor = reserve * (1 + margin) + 2 * shrunk;
  if (free > floor) disk.endedAt = Number.POSITIVE_INFINITY;
  const isEnding = running.length < disk.writers.size;
  if (free < Math.min(floor, disk.endedAt - (reserve * margin) / 2) && !isEnding) {
    if (await endLargest(running, free, reserve)) disk.endedAt = free;
  } else if (free < floor + 2 * reserve && running.length > 1 && performance.now() - disk.countedAt > 1000) {
    disk.countedAt = performance.now();
    for (const writer of running) writer.written = await writtenBy(writer.seen);
  }
  return pauseFor(free, reserve);
}

/** Returns the milliseconds in which a disk cannot lose half of what it has above its reserve. Pure. */
export function pauseFor(free: number, reserve: number): number {
  const halfTime = ((free - reserve) / 2 / fastestWrite) * 1000;
  return Math.min(longest, Math.max(shortest, halfTime));
}

/**
 * Ends the sandbox that has written the most since the last count. Somebody else may fill the disk: a sandbox that wrote
 * little is never ended.
 * @returns false if the disk is short because of none
 */
async function endLargest(running: readonly Writer[], free: number, reserve: number): Promise<boolean> {
  const much = reserve / 8;
  const able = running.filter(({ shrunk }) => shrunk > much);
  const written = async (writer: Writer) => {
    const bytes = await writtenBy(writer.seen);
    return { writer, bytes, order: bytes - writer.written };
  };
  // The kernel counts neither what lies in memory nor what is reserved at once.
  const held = async (writer: Writer) => {
    const bytes = (await writer.seen.measureDisk?.().catch(() => 0)) ?? 0;
    return { writer, bytes, order: bytes };
  };
  for (const count of [written, held]) {
    const counted = (await Promise.all(able.map(count))).filter(({ bytes }) => bytes > much);
    const [largest] = counted.sort((one, other) => other.order - one.order);
    if (largest === undefined) continue;
    const { seen, end } = largest.writer;
    end(seen, new LimitError('disk', `wrote to the disk until only ${inBytes(free)} of it were free`));
    return true;
  }
  return false;
}

async function writtenBy({ group, pids, written }: Seen): Promise<number> {
  return written() + (await bytesWritten(group === undefined ? pids : await groupProcesses(group)));
}

/** Measures what a root holds on the disk. Ends its sandbox when that is too much. */
async function measure(writer: Writer): Promise<void> {
  const { seen, end, shrunk } = writer;
  const { disk: limit } = seen.limits;
  writer.measureAt = Number.POSITIVE_INFINITY;
  if (seen.measureDisk === undefined) return;
  const bytes = seen.written() + (await seen.measureDisk().catch(() => 0));
  if (bytes > limit) end(seen, new LimitError('disk', `wrote more than ${inBytes(limit)} to the disk`));
  writer.measureAt = shrunk + Math.max(limit - bytes, leastStep);
}
