import { constant, digest, list, map, object, oneOf, optional, plainName } from '../base/schema.ts';
import { type Rpm, rpmSchema } from './rpm.ts';

/**
 * The prebuilt RPMs that builds start from, as `toolchain.json` in the toolchain folder describes them:
 *
 *     <toolchain-dir>/toolchain.json   this
 *     <toolchain-dir>/RPMS/<file>      every RPM, flat
 *     <toolchain-dir>/worker/          the worker: a root filesystem, never written after it was made
 */
export interface Toolchain {
  schema: 'azl/toolchain';
  version: 1;
  mode: 'bootstrap' | 'download' | 'archive';
  arch: string;
  /** Every RPM, sorted by file name. In mode `bootstrap` all of them are stand-ins. */
  rpms: Rpm[];
  /** File names of the RPMs that the worker holds, sorted. */
  worker: string[];
  /** The RPMs that specs asked for, by file name, each with the key of its conversion. A root sees those that it needs. */
  onDemand?: Record<string, string>;
  /** SHA-256 over the worker's RPM digests and the recipe that installs them. */
  workerDigest: string;
}

export const toolchainSchema = object<Toolchain>({
  schema: constant('azl/toolchain'),
  version: constant(1),
  mode: oneOf('bootstrap', 'download', 'archive'),
  arch: plainName,
  rpms: list(rpmSchema),
  worker: list(plainName),
  onDemand: optional(map(digest, plainName)),
  workerDigest: digest,
});

/** In `bootstrap`, toolchain RPMs stand in for what the tree's own specs build, and give way to it. */
export function areStandIns(toolchain: Toolchain): boolean {
  return toolchain.mode === 'bootstrap';
}

/** Returns the RPMs of a toolchain that are there without anybody asking for them. */
export function baseRpms({ rpms, onDemand = {} }: Toolchain): Rpm[] {
  return rpms.filter(({ file }) => !Object.hasOwn(onDemand, file));
}
