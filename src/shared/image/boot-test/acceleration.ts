import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../../base/architectures.ts';
import { boolean, object, plainName } from '../../base/schema.ts';
import { readJson, writeJson } from '../../host/json-files.ts';
import { type Acceleration, accelerationArguments } from './qemu.ts';
import { runQemu } from './run-qemu.ts';

const { qemu } = hostArchitecture;
const probeSeconds = 10;

/** Characters of the console, the last ones, in which the message below is looked for. */
const keptConsole = 64 * 1024;

const knownSchema = object<{ bootId: string; works: boolean }>({ bootId: plainName, works: boolean });

/** The last message of a kernel without a disk. It shows that the kernel ran from start to end. */
const kernelRan = /Unable to mount root fs|No working init found/;

/** Returns the kept result of {@link chooseAcceleration}; undefined if the host was started after it. */
export async function knownAcceleration(cacheDir: string): Promise<Acceleration | undefined> {
  const known = await readJson(knownSchema, resultFile(cacheDir));
  if (known?.bootId !== (await hostBootId())) return undefined;
  return known.works ? 'kvm' : 'tcg';
}

const resultFile = (cacheDir: string) => join(cacheDir, 'kvm.json');
const hostBootId = async () => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

/**
 * Returns the result of a probe: true if KVM ran a kernel; undefined if QEMU itself failed, because it may not open the
 * device or found no kernel. `code`: exit code, 124 at a timeout. Pure.
 */
export function probed(console: string, code: number): boolean | undefined {
  if (kernelRan.test(console)) return true;
  return code === 0 || code === 124 ? false : undefined;
}

/**
 * Returns `kvm` if KVM works on this host: it boots a kernel to its end. That the device opens does not prove it: on
 * some hosts KVM starts a guest that hangs. The result is kept until the host restarts.
 */
export async function chooseAcceleration(options: {
  kernel: string;
  cacheDir: string;
  signal?: AbortSignal | undefined;
}): Promise<Acceleration> {
  const { kernel, cacheDir, signal } = options;
  const known = await knownAcceleration(cacheDir);
  if (known !== undefined) return known;
  let console = '';
  const enough = new AbortController();
  const argv = [
    ...[qemu.program, '-machine', qemu.machine, ...accelerationArguments('kvm')],
    ...['-m', '512', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-nic', 'none'],
    ...['-kernel', '/azl/kernel', '-append', 'console=ttyS0 panic=-1', '-serial', 'stdio'],
  ];
  const { code } = await runQemu(argv, {
    ...{ usesKvm: true, timeoutSeconds: probeSeconds, binds: [{ source: kernel, target: '/azl/kernel' }] },
    signal: signal === undefined ? enough.signal : AbortSignal.any([enough.signal, signal]),
    onData: (chunk) => {
      // The kernel is a stranger's: it may print for ever.
      console = (console + chunk.toString('latin1')).slice(-keptConsole);
      if (kernelRan.test(console)) enough.abort();
    },
  }).catch((error: unknown) => {
    if (!enough.signal.aborted) throw error;
    return { code: 0 };
  });
  signal?.throwIfAborted();
  const works = probed(console, code);
  const bootId = await hostBootId();
  if (works !== undefined) await writeJson(resultFile(cacheDir), { bootId, works });
  return works === true ? 'kvm' : 'tcg';
}
