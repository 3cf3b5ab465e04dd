import type { Rpm } from './rpm.ts';

/** One RPM of a build root, and where it comes from. */
export interface RootRpm {
  origin: 'local' | 'toolchain';
  rpm: Rpm;
}
