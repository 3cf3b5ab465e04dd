import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { runTool } from '../../host/process.ts';
import type { Bind } from '../../sandbox/arguments.ts';
import { readFrom } from '../disk/debugfs.ts';
import type { BootPlace } from '../manifest/image-json.ts';
import { chooseAcceleration } from './acceleration.ts';
import { inner, makeBootOverlay } from './boot-overlay.ts';
import { type Acceleration, findFirmware, qemuArguments } from './qemu.ts';
import { runMachine, type Start } from './run-machine.ts';
import { runQemu } from './run-qemu.ts';
import { judge, type Verdict } from './verdict.ts';

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
  /** Seconds until the system must be up. Default: {@link bootSeconds}. */
  timeoutSeconds?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Time limits of a boot, in seconds. An emulated boot beside other work takes minutes. */
const bootSeconds: Readonly<Record<Acceleration, number>> = { kvm: 300, tcg: 900 };

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
  const { timeoutSeconds = bootSeconds[acceleration] } = options;
  return judge({ ...(await runMachine(start, { ...options, timeoutSeconds, console })), acceleration });
}

/** Returns the path of a file's bytes that QEMU's user can open: the file, or a copy of one that is private. */
async function readableByAll(path: string, workDir: string): Promise<string> {
  if (((await stat(path)).mode & 0o004) !== 0) return path;
  const copy = join(workDir, 'copy.raw');
  await runTool(['cp', '--sparse=always', '--reflink=auto', '--', path, copy]);
  await chmod(copy, 0o644);
  return copy;
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
