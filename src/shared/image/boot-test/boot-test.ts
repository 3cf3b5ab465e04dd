import { chmod, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { plainLine } from '../../base/plain-line.ts';
import { ProblemsError } from '../../base/problems.ts';
import { runTool } from '../../host/process.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { readFrom } from '../disk/debugfs.ts';
import type { BootPlace } from '../manifest/image-json.ts';
import { chooseAcceleration } from './acceleration.ts';
import { inner, makeBootOverlay } from './boot-overlay.ts';
import { followFile, lineSplitter } from './follow-file.ts';
import { type Acceleration, findFirmware, qemuArguments } from './qemu.ts';
import { runQemu } from './run-qemu.ts';
import { deadEnd, judge, neverStarted, readReport, type Verdict } from './verdict.ts';

export interface BootTestOptions extends BootPlace {
  /** The image that is published. It is only read. */
  raw: string;
  /** A folder for the test's files; the caller removes it. */
  workDir: string;
  /** Keeps the result of the KVM probe. */
  cacheDir: string;
  /** Receives everything that the machine prints on its first serial line. */
  serialLog: string;
  log: Log;
  diskBus?: 'virtio' | 'sata';
  acceleration?: Acceleration;
  /** Seconds until the system must be up. */
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
}

/** Milliseconds between two reads of the serial log. */
const readInterval = 500;

/** Milliseconds that a machine keeps running after a dead end, to print more. */
const graceAfterDeadEnd = 2000;

/** Bytes of the console that the serial log keeps. A machine may print for ever; it is stopped then. */
const mostConsole = 64 * 1024 * 1024;

const tooMuch = `it printed more than ${mostConsole / 2 ** 20} MiB on its console`;

/** Lines of the report that are kept: more than a hundred failed units have. */
const mostReport = 4000;

/** Bytes of a kernel that is tried. */
const mostKernel = 256 * 1024 * 1024;

/** Boots an image in QEMU on a throwaway overlay and waits for systemd's report. */
export async function bootTest(options: BootTestOptions): Promise<Verdict> {
  const { raw, workDir, rootOffset, signal } = options;
  await mkdir(workDir, { recursive: true });
  const firmware = await findFirmware();
  const overlay = await makeBootOverlay({ raw, rootOffset, workDir, signal });
  const acceleration = options.acceleration ?? (await probe(options));
  const console = join(workDir, 'console');
  await writeFile(console, '', { flag: 'wx' });
  // Nobody else can enter their folder.
  for (const path of [overlay, console]) await chmod(path, 0o666);
  const argv = qemuArguments({
    ...{ disk: inner.overlay, diskFormat: 'qcow2', diskBus: options.diskBus, ...firmware, acceleration },
    serial: ['file:/azl/console', 'stdio'],
  });
  const binds: Bind[] = [
    { source: await readableByAll(raw, workDir), target: inner.raw },
    { source: overlay, target: inner.overlay, writable: true },
    { source: console, target: '/azl/console', writable: true },
  ];
  const start: Start = (run) => runQemu(argv, { ...run, binds, usesKvm: acceleration === 'kvm' });
  return judge({ ...(await runMachine(start, console, options)), acceleration });
}

type Start = (
  run: Pick<Parameters<typeof runQemu>[1], 'onData' | 'timeoutSeconds' | 'signal'>,
) => ReturnType<typeof runQemu>;

/** Returns the path of a file's bytes that QEMU's user can open: the file, or a copy of one that is private. */
async function readableByAll(path: string, workDir: string): Promise<string> {
  if (((await stat(path)).mode & 0o004) !== 0) return path;
  const copy = join(workDir, 'copy.raw');
  await runTool(['cp', '--sparse=always', '--reflink=auto', '--', path, copy]);
  await chmod(copy, 0o644);
  return copy;
}

/** Runs QEMU until the machine stops, its time is up, or its console shows a dead end. */
async function runMachine(start: Start, console: string, options: BootTestOptions) {
  const { log, signal, timeoutSeconds, serialLog } = options;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const stop = new AbortController();
  let deadBy: string | undefined;
  const kept = await open(serialLog, 'w');
  const onLine = (line: string) => {
    deadBy ??= deadEnd(line);
    const shown = plainLine(line).slice(0, 100);
    if (shown !== '') log.progress(`boot test ${Math.round(seconds())} s · ${shown}`);
  };
  const follow = followFile(console, mostConsole, onLine, (chunk) => kept.write(chunk));
  const readConsole = async () => {
    const bytes = await follow();
    if (bytes < mostConsole || deadBy === tooMuch) return bytes;
    deadBy = tooMuch;
    await kept.write(`\nazl: ${tooMuch}; what follows is not here.\n`);
    return bytes;
  };
  let readError: unknown;
  const timer = setInterval(() => {
    readConsole().then(
      () =>
        deadBy !== undefined &&
        setTimeout(() => stop.abort(), deadBy === tooMuch ? 0 : graceAfterDeadEnd).unref(),
      (error: unknown) => {
        readError = error;
        stop.abort();
      },
    );
  }, readInterval);
  const lines: string[] = [];
  let timedOut = false;
  try {
    const split = lineSplitter((line) => lines.length < mostReport && lines.push(line));
    const { code, stderr } = await start({
      timeoutSeconds,
      signal: AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]),
      onData: (chunk) => void split(chunk),
    });
    timedOut = code === 124;
    if (code !== 0 && !timedOut && lines.length === 0 && (await readConsole()) === 0)
      throw new ProblemsError([neverStarted(code, stderr)]);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
  }
  signal?.throwIfAborted();
  if (readError !== undefined) throw readError;
  await readConsole();
  await kept.close();
  return { report: readReport(lines), seconds: seconds(), timedOut, deadBy };
}

/** Tries KVM with the image's own kernel. */
async function probe(options: BootTestOptions): Promise<Acceleration> {
  const { raw, cacheDir, signal } = options;
  const place = { path: raw, offset: options.bootOffset };
  const bytes = await readFrom(place, options.kernel, mostKernel, signal).catch(() => undefined);
  signal?.throwIfAborted();
  // The kernel may lie on a filesystem that debugfs does not read. Then KVM is not tried and nothing is kept.
  if (bytes === undefined) return 'tcg';
  const kernel = join(options.workDir, 'kernel');
  await writeFile(kernel, bytes);
  await chmod(kernel, 0o644);
  return await chooseAcceleration({ kernel, cacheDir, signal });
}
