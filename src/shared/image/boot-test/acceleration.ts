import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeJson } from '../../host/json-files.ts';
import { runTool } from '../../host/process.ts';
import { type Acceleration, accelerationArguments } from './qemu.ts';

const probeSeconds = 10;

/** A kernel that has no disk says this as its last words: it ran from start to end. */
const kernelRan = /Unable to mount root fs|No working init found/;

interface Memory {
  bootId: string;
  works: boolean;
}

/** What {@link chooseAcceleration} found out since the host was started; undefined when it was not asked yet. */
export async function knownAcceleration(cacheDir: string): Promise<Acceleration | undefined> {
  const known = await readJson<Memory>(memoryFile(cacheDir));
  if (known?.bootId !== (await hostBootId())) return undefined;
  return known.works ? 'kvm' : 'tcg';
}

const memoryFile = (cacheDir: string) => join(cacheDir, 'kvm.json');
const hostBootId = async () => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

/**
 * What a probe found out: whether KVM runs a kernel, or undefined when QEMU itself gave up, because it may not open the
 * device or has no kernel to start. `code`: how it ended, 124 when its time ran out. Pure.
 */
export function probed(console: string, code: number): boolean | undefined {
  if (kernelRan.test(console)) return true;
  return code === 0 || code === 124 ? false : undefined;
}

/**
 * Whether QEMU may use KVM here: found out by booting a kernel to its end. A device that opens says nothing: there are
 * hosts where KVM starts a guest and hangs in it. What was found out is kept for as long as the host runs.
 */
export async function chooseAcceleration(options: {
  kernel: string;
  cacheDir: string;
  signal?: AbortSignal;
}): Promise<Acceleration> {
  const known = await knownAcceleration(options.cacheDir);
  if (known !== undefined) return known;
  let console = '';
  const probe = new AbortController();
  const stop = () => probe.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  const argv = [
    ...['qemu-system-x86_64', '-machine', 'q35', ...accelerationArguments('kvm')],
    ...['-m', '512', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-nic', 'none'],
    ...['-kernel', options.kernel, '-append', 'console=ttyS0 panic=-1', '-serial', 'stdio'],
  ];
  let code = 0;
  try {
    const ended = await runTool(argv, {
      ok: 'any',
      timeoutSeconds: probeSeconds,
      signal: probe.signal,
      onData: (chunk) => {
        console += chunk.toString('latin1');
        if (kernelRan.test(console)) probe.abort();
      },
    });
    code = ended.code;
  } catch (error) {
    if (!probe.signal.aborted) throw error;
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
  options.signal?.throwIfAborted();
  const works = probed(console, code);
  if (works !== undefined)
    await writeJson(memoryFile(options.cacheDir), { bootId: await hostBootId(), works } satisfies Memory);
  return works === true ? 'kvm' : 'tcg';
}
