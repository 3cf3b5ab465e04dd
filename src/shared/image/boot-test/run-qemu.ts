import { existsSync } from 'node:fs';
import type { ToolOptions, ToolResult } from '../../host/process.ts';
import { type Bind, builder } from '../../sandbox/arguments.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { becomeUser } from '../../sandbox/lend-device.ts';
import { limitsOf } from '../../sandbox/limits.ts';
import { confined, kvmDevice } from './qemu.ts';

/** Seconds that a machine may take to end. */
const graceSeconds = 60;

/**
 * Runs QEMU in a sandbox, as an ordinary user without rights: what a machine runs is a stranger's. It sees the host's
 * /usr and `binds`, whose files that user must be able to open, and the device of KVM if it is to use it. Root lends it
 * the device, whichever group of users the host has for it.
 */
export async function runQemu(
  argv: readonly string[],
  options: Pick<ToolOptions, 'onData' | 'timeoutSeconds' | 'signal'> & {
    binds: readonly Bind[];
    usesKvm: boolean;
  },
): Promise<ToolResult> {
  const { usesKvm, ...tool } = options;
  const limits = limitsOf('host tool');
  const { timeoutSeconds = limits.seconds } = options;
  return await runHostTool(becomeUser([...argv, ...confined], builder), {
    ...{ ...tool, as: 'root', ok: 'any', env: { TMPDIR: '/dev/shm' } },
    // Its own limit ends a machine; a step's limit of time would end it without a verdict.
    limits: { ...limits, seconds: timeoutSeconds + graceSeconds },
    devices: usesKvm && existsSync(kvmDevice) ? [kvmDevice] : [],
  });
}
