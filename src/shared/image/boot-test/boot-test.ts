import { mkdir, open, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { plainLine } from '../../base/plain-line.ts';
import { ProblemsError } from '../../base/problems.ts';
import { runTool } from '../../host/process.ts';
import { readFrom } from '../disk/debugfs.ts';
import type { BootPlace } from '../manifest/image-json.ts';
import { chooseAcceleration } from './acceleration.ts';
import { makeBootOverlay } from './boot-overlay.ts';
import { followFile } from './follow-file.ts';
import { type Acceleration, findFirmware, qemuArguments } from './qemu.ts';
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

/** Boots an image in QEMU on a throwaway overlay and waits for systemd's report. */
export async function bootTest(options: BootTestOptions): Promise<Verdict> {
  const { raw, workDir, serialLog, rootOffset, signal } = options;
  await mkdir(workDir, { recursive: true });
  const firmware = await findFirmware();
  const disk = await makeBootOverlay({ raw, rootOffset, workDir, signal });
  const acceleration = options.acceleration ?? (await probe(options));
  await (await open(serialLog, 'w')).close();
  const argv = qemuArguments({
    ...{ disk, diskFormat: 'qcow2', diskBus: options.diskBus, ...firmware, acceleration },
    serial: [`file:${serialLog}`, 'stdio'],
  });
  return judge({ ...(await runMachine(argv, options)), acceleration });
}

/** Runs QEMU until the machine stops, its time is up, or its console shows a dead end. */
async function runMachine(argv: readonly string[], options: BootTestOptions) {
  const { log, signal, timeoutSeconds } = options;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const stop = new AbortController();
  let deadBy: string | undefined;
  const readConsole = followFile(options.serialLog, (line) => {
    deadBy ??= deadEnd(line);
    const shown = plainLine(line).slice(0, 100);
    if (shown !== '') log.progress(`boot test ${Math.round(seconds())} s · ${shown}`);
  });
  let readError: unknown;
  const timer = setInterval(() => {
    readConsole().then(
      () => deadBy !== undefined && setTimeout(() => stop.abort(), graceAfterDeadEnd).unref(),
      (error: unknown) => {
        readError = error;
        stop.abort();
      },
    );
  }, readInterval);
  const lines: string[] = [];
  let timedOut = false;
  try {
    const { code, stderr } = await runTool(argv, {
      ok: 'any',
      timeoutSeconds,
      signal: AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]),
      onLine: (line) => lines.push(line),
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
  return { report: readReport(lines), seconds: seconds(), timedOut, deadBy };
}

/** Tries KVM with the image's own kernel. */
async function probe(options: BootTestOptions): Promise<Acceleration> {
  const { raw, cacheDir, signal } = options;
  const place = { dir: dirname(raw), file: basename(raw), offset: options.bootOffset };
  const bytes = await readFrom(place, options.kernel, signal).catch(() => undefined);
  signal?.throwIfAborted();
  // The kernel may lie on a filesystem that debugfs does not read. Then KVM is not tried and nothing is kept.
  if (bytes === undefined) return 'tcg';
  const kernel = join(options.workDir, 'kernel');
  await writeFile(kernel, bytes);
  return await chooseAcceleration({ kernel, cacheDir, signal });
}
