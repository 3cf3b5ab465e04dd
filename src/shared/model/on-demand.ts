import type { Rpm } from './rpm.ts';

/**
 * A stand-in that specs asked for, as the lock of the toolchain has it. What is said of it here follows from the lock alone:
 * it is the same before and after its conversion.
 */
export interface OnDemandRpm
  extends Pick<Rpm, 'file' | 'name' | 'epoch' | 'version' | 'release' | 'provides'> {
  /** Paths of its files that specs may require, such as programs. */
  paths: readonly string[];
  /** The sonames of its libraries (`libfoo.so.1`). */
  sonames: readonly string[];
  /** File names of the stand-ins on demand that it needs, itself included. Sorted. */
  closure: readonly string[];
  /** True if the toolchain has its RPM. */
  isConverted: boolean;
}
