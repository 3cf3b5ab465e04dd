import { constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missingNeeds } from '../../../src/shared/host/needs.ts';
import { findPrivilege } from '../../../src/shared/host/rights.ts';
import { chooseAcceleration, knownAcceleration } from '../../../src/shared/image/boot-test/acceleration.ts';
import { kvmDevice } from '../../../src/shared/image/boot-test/qemu.ts';
import { mayAccess } from '../folders.ts';
import type { HostFacts, Kvm } from './findings.ts';

/**
 * Returns who opens the device of KVM: this user, or root, who lends it to QEMU. Undefined if nobody can. Pure.
 * @param host `opens`: true if this user may open the device
 */
export function kvmAccess(
  host: { exists: boolean; opens: boolean } & Pick<HostFacts, 'privilege'>,
): Kvm['by'] | undefined {
  const { exists, opens, privilege } = host;
  if (!exists) return undefined;
  if (opens) return 'user';
  return privilege === 'root' || privilege === 'sudo' ? 'root' : undefined;
}

/** Checks if KVM boots a kernel: as remembered in the cache, or tried with the host's own kernel if it is readable. */
export async function checkKvm(cacheDir: string, signal: AbortSignal): Promise<Kvm> {
  const exists = existsSync(kvmDevice);
  const opens = mayAccess(kvmDevice, constants.R_OK | constants.W_OK);
  const privilege = exists && !opens ? await findPrivilege() : undefined;
  const by = kvmAccess({ exists, opens, privilege });
  if (by === undefined) return { state: exists ? 'rootOnly' : 'absent', by: 'user' };
  return { state: await stateOf(cacheDir, signal), by };
}

async function stateOf(cacheDir: string, signal: AbortSignal): Promise<Kvm['state']> {
  const known = await knownAcceleration(cacheDir);
  const kernel = known === undefined ? hostKernel() : undefined;
  if (known === undefined && (kernel === undefined || missingNeeds(['QEMU']).length > 0)) return 'untried';
  try {
    const acceleration = known ?? (await chooseAcceleration({ kernel: kernel as string, cacheDir, signal }));
    return acceleration === 'kvm' ? 'works' : 'broken';
  } catch (error) {
    // The answer cannot be saved: the cache belongs to another user.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return 'untried';
    throw error;
  }
}

function hostKernel(): string | undefined {
  try {
    return readdirSync('/boot')
      .filter((name) => name.startsWith('vmlinuz-'))
      .sort()
      .map((name) => join('/boot', name))
      .findLast((path) => mayAccess(path, constants.R_OK));
  } catch {
    return undefined;
  }
}
