import { statSync } from 'node:fs';
import type { ToolOptions, ToolResult } from '../../host/process.ts';
import { type Bind, builder } from '../../sandbox/arguments.ts';
import { runHostTool } from '../../sandbox/host-tool.ts';
import { confined } from './qemu.ts';

const kvm = '/dev/kvm';

const noRights = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];

/**
 * Runs QEMU in a sandbox, as an ordinary user without rights: what a machine runs is a stranger's. It sees the host's
 * /usr and `binds`, whose files that user must be able to open, and the device of KVM if it is to use it.
 */
export async function runQemu(
  argv: readonly string[],
  options: Pick<ToolOptions, 'onData' | 'timeoutSeconds' | 'signal'> & {
    binds: readonly Bind[];
    usesKvm: boolean;
  },
): Promise<ToolResult> {
  const { usesKvm, ...tool } = options;
  const device = usesKvm ? statSync(kvm, { throwIfNoEntry: false }) : undefined;
  const { uid, gid } = builder;
  // KVM is for a group of users. As root's, it is for root alone, which QEMU is not.
  const groups = device === undefined || device.gid === 0 ? ['--clear-groups'] : [`--groups=${device.gid}`];
  const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...groups, ...noRights, '--'];
  return await runHostTool([...become, ...argv, ...confined], {
    ...{ ...tool, as: 'root', ok: 'any', env: { TMPDIR: '/dev/shm' } },
    devices: device === undefined ? [] : [kvm],
  });
}
