import { mkdir, open, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Log } from '../../base/log.ts';
import { ProblemsError } from '../../base/problems.ts';
import { runTool } from '../../host/process.ts';
import { readFrom } from '../disk/debugfs.ts';
import { chooseAcceleration } from './acceleration.ts';
import { makeBootOverlay } from './boot-overlay.ts';
import { type Acceleration, findFirmware, qemuArguments } from './qemu.ts';
import { deadEnd, judge, neverStarted, plainLine, readReport, type Verdict } from './verdict.ts';

export interface BootTestOptions {
  /** The image that is published: it is only read. */
  raw: string;
  /** Its filesystems: bytes from the start of the image. */
  rootOffset: number;
  bootOffset: number;
  /** Path of the kernel in the filesystem at `bootOffset`. */
  kernel: string;
  /** A folder of ours for what the test needs; the caller removes it. */
  workDir: string;
  /** Keeps what was found out about KVM. */
  cacheDir: string;
  /** Gets everything that the machine says on its first serial line. */
  serialLog: string;
  log: Log;
  diskBus?: 'virtio' | 'sata';
  acceleration?: Acceleration;
  /** Until the system must be up. */
  timeoutSeconds: number;
  signal?: AbortSignal;
}

/** Boots an image in QEMU on a throwaway layer and waits for what systemd says of it. */
export async function bootTest(options: BootTestOptions): Promise<Verdict> {
  const { raw, workDir, log } = options;
  await mkdir(workDir, { recursive: true });
  const firmware = await findFirmware();
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const layer = await makeBootOverlay({ raw, rootOffset: options.rootOffset, workDir, ...signal });
  const acceleration = options.acceleration ?? (await probe(options));
  await (await open(options.serialLog, 'w')).close();

  const argv = qemuArguments({
    disk: layer,
    diskFormat: 'qcow2',
    ...(options.diskBus === undefined ? {} : { diskBus: options.diskBus }),
    ...firmware,
    acceleration,
    serial: [`file:${options.serialLog}`, 'stdio'],
  });
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const stop = new AbortController();
  const abort = () => stop.abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  let deadBy: string | undefined;
  const watch = followFile(options.serialLog, (line) => {
    deadBy ??= deadEnd(line);
    const shown = plainLine(line).slice(0, 100);
    if (shown !== '') log.progress(`boot test ${Math.round(seconds())} s · ${shown}`);
  });
  const lines: string[] = [];
  let unwatched: unknown;
  let timedOut = false;
  const timer = setInterval(() => {
    watch.look().then(
      // What leads nowhere gets a moment to say more.
      () => deadBy !== undefined && setTimeout(abort, 2000).unref(),
      (error: unknown) => {
        unwatched = error;
        abort();
      },
    );
  }, 500);
  try {
    const { code, stderr } = await runTool(argv, {
      ok: 'any',
      timeoutSeconds: options.timeoutSeconds,
      signal: stop.signal,
      onLine: (line) => lines.push(line),
    });
    timedOut = code === 124;
    if (code !== 0 && !timedOut && lines.length === 0 && (await watch.look()) === 0)
      throw new ProblemsError([neverStarted(code, stderr)]);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', abort);
  }
  options.signal?.throwIfAborted();
  if (unwatched !== undefined) throw unwatched;
  await watch.look();
  const dead = deadBy === undefined ? {} : { deadBy };
  return judge({ report: readReport(lines), seconds: seconds(), acceleration, timedOut, ...dead });
}

/** KVM, where a kernel was seen to run in it; the image's own is tried. */
async function probe(options: BootTestOptions): Promise<Acceleration> {
  const { raw, cacheDir, signal } = options;
  const kernel = join(options.workDir, 'kernel');
  const place = { dir: dirname(raw), file: basename(raw), offset: options.bootOffset };
  const bytes = await readFrom(place, options.kernel, signal).catch(() => undefined);
  signal?.throwIfAborted();
  // It may lie on a filesystem that debugfs does not know: then nothing is found out, and nothing kept.
  if (bytes === undefined) return 'tcg';
  await writeFile(kernel, bytes);
  return await chooseAcceleration({ kernel, cacheDir, ...(signal === undefined ? {} : { signal }) });
}

/** Reads what is appended to a file, line by line, each time it is told to look. Answers the bytes read so far. */
function followFile(path: string, onLine: (line: string) => void) {
  let at = 0;
  let rest = '';
  const decoder = new StringDecoder('utf8');
  let busy = false;
  return {
    look: async (): Promise<number> => {
      if (busy) return at;
      busy = true;
      const file = await open(path, 'r');
      try {
        const chunk = Buffer.alloc(64 * 1024);
        for (;;) {
          const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
          if (bytesRead === 0) return at;
          at += bytesRead;
          const lines = (rest + decoder.write(chunk.subarray(0, bytesRead))).split('\n');
          rest = lines.pop() ?? '';
          // A prompt is a line that nobody ends.
          for (const line of rest.includes('>') ? [...lines, rest] : lines) onLine(line);
        }
      } finally {
        busy = false;
        await file.close();
      }
    },
  };
}
