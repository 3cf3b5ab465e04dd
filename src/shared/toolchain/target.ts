import { architectures, hostArchitecture } from '../base/architectures.ts';
import { textDigest } from '../host/digests.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';

/** The architectures that a tree can be planned for. */
export const targets = Object.values(architectures).map(({ rpm }) => rpm);

/** True for an architecture whose programs this machine does not run: its tree is parsed and planned, never built. */
export function isForeign(arch: string): boolean {
  return arch !== '' && arch !== hostArchitecture.rpm;
}

/** The `%{?_isa}` of an architecture, as capabilities have it. */
const isa = (arch: string) => `(${arch.replace('_', '-').replace('aarch64', 'aarch-64')})`;

/**
 * Returns a toolchain as a machine of another architecture would have it, for a plan alone: the same RPMs, which say that
 * they are for that one. Their files keep their names, and its digest is another one, so that no build takes it. Pure.
 */
export function toolchainFor(toolchain: Toolchain, arch: string): Toolchain {
  const [from, to] = [isa(toolchain.arch), isa(arch)];
  const renamed = (capabilities: readonly string[]) => capabilities.map((one) => one.replaceAll(from, to));
  const foreign = (rpm: Rpm): Rpm => ({
    ...rpm,
    arch: rpm.arch === toolchain.arch ? arch : rpm.arch,
    provides: renamed(rpm.provides),
    requires: renamed(rpm.requires),
    conflicts: renamed(rpm.conflicts),
    obsoletes: renamed(rpm.obsoletes),
  });
  const workerDigest = textDigest(`${toolchain.workerDigest} for ${arch}`);
  return { ...toolchain, arch, rpms: toolchain.rpms.map(foreign), workerDigest };
}
