import { constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missingNeeds } from '../../../src/shared/host/needs.ts';
import { chooseAcceleration, knownAcceleration } from '../../../src/shared/image/boot-test/acceleration.ts';
import { mayAccess } from '../folders.ts';
import type { KvmState } from './findings.ts';

/** Checks if KVM boots a kernel: as remembered in the cache, or tried with the host's own kernel if it is readable. */
export async function checkKvm(cacheDir: string, signal: AbortSignal): Promise<KvmState> {
  if (!mayAccess('/dev/kvm', constants.R_OK | constants.W_OK)) return 'absent';
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
