import { order } from '../../base/order.ts';
import type { Rpm } from '../../model/rpm.ts';
import { isRich, nameOf, parseRequirement } from '../../rpm/requirement.ts';

/** Returns the names and paths that RPMs offer. Pure. */
export function offeredBy(rpms: readonly Rpm[]): Set<string> {
  const offered = new Set<string>();
  for (const rpm of rpms) {
    for (const capability of rpm.provides) offered.add(nameOf(capability));
    for (const path of rpm.files) offered.add(path);
    for (const path of rpm.folders) offered.add(path);
  }
  return offered;
}

/**
 * Returns the requirements of each RPM that nothing satisfies by name: neither a provide nor a path. RPMs without such a
 * requirement are left out. Versions and rich dependencies are not compared. Pure.
 * @param offered what {@link offeredBy} returns for the RPMs that may satisfy them
 */
export function unsatisfied(
  rpms: readonly Rpm[],
  offered: readonly ReadonlySet<string>[] = [offeredBy(rpms)],
): Map<Rpm, string[]> {
  const open = new Map<Rpm, string[]>();
  for (const rpm of rpms) {
    const missing = rpm.requires.filter(
      (capability) =>
        !capability.startsWith('rpmlib(') &&
        !isRich(parseRequirement(capability)) &&
        !offered.some((one) => one.has(nameOf(capability))),
    );
    if (missing.length > 0) open.set(rpm, missing);
  }
  return open;
}

/**
 * Returns the RPMs with these names and all that they require, directly or not, sorted by file name. Of several RPMs
 * that provide a capability the one of that name is taken, else the first by name. Pure.
 */
export function withRequirements(rpms: readonly Rpm[], names: readonly string[]): Rpm[] {
  const providers = new Map<string, Rpm>();
  const sorted = [...rpms].sort((a, b) => order(a.name, b.name));
  for (const rpm of sorted) {
    for (const path of rpm.files) if (!providers.has(path)) providers.set(path, rpm);
    for (const capability of rpm.provides) {
      const name = nameOf(capability);
      if (!providers.has(name)) providers.set(name, rpm);
    }
  }
  for (const rpm of sorted) providers.set(rpm.name, rpm);
  const chosen = new Set<Rpm>();
  const queue = [...names];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const rpm = providers.get(name);
    if (rpm === undefined || chosen.has(rpm)) continue;
    chosen.add(rpm);
    queue.push(...rpm.requires.map(nameOf));
  }
  return [...chosen].sort((a, b) => order(a.file, b.file));
}
