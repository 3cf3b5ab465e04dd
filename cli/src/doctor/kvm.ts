import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missingNeeds } from '../../../src/shared/host/needs.ts';
import { chooseAcceleration, knownAcceleration } from '../../../src/shared/image/boot-test/acceleration.ts';
import type { Facts } from './findings.ts';

const mayOpen = (path: string, mode: number) => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

/** Whether KVM boots a kernel here: known from before, or tried with the host's own kernel where it can be read. */
export async function lookAtKvm(cacheDir: string, signal: AbortSignal): Promise<NonNullable<Facts['kvm']>> {
  if (!mayOpen('/dev/kvm', constants.R_OK | constants.W_OK)) return 'absent';
  const known = await knownAcceleration(cacheDir);
  const kernel = known === undefined ? hostKernel() : undefined;
  if (known === undefined && (kernel === undefined || missingNeeds(['QEMU']).length > 0)) {
    return 'untried';
  }
  try {
    const acceleration = known ?? (await chooseAcceleration({ kernel: kernel as string, cacheDir, signal }));
    return acceleration === 'kvm' ? 'works' : 'broken';
  } catch (error) {
    // What was found out cannot be kept: the cache belongs to another user.
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
      .findLast((path) => mayOpen(path, constants.R_OK));
  } catch {
    return undefined;
  }
}
