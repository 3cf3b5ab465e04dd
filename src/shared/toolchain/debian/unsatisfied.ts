import type { Rpm } from '../../model/rpm.ts';

/**
 * For each RPM what it requires by a plain name and nothing in the set has: neither a provide of that name, nor a
 * path. Versions are not looked at. Pure.
 */
export function unsatisfied(rpms: readonly Rpm[]): Map<Rpm, string[]> {
  const offered = new Set<string>();
  for (const rpm of rpms) {
    for (const capability of rpm.provides) offered.add(nameOf(capability));
    for (const path of rpm.files) offered.add(path);
    for (const path of rpm.folders) offered.add(path);
  }
  const open = new Map<Rpm, string[]>();
  for (const rpm of rpms) {
    const missing = rpm.requires.filter(
      (capability) =>
        !capability.startsWith('rpmlib(') && !capability.startsWith('(') && !offered.has(nameOf(capability)),
    );
    if (missing.length > 0) open.set(rpm, missing);
  }
  return open;
}

function nameOf(capability: string): string {
  return capability.split(' ', 1)[0] as string;
}

/**
 * The RPMs that `names` need among `rpms` by what they require, themselves included, sorted by file name. Of several
 * that provide a capability the one of that name counts, else the first by name. Pure.
 */
export function reach(rpms: readonly Rpm[], names: readonly string[]): Rpm[] {
  const providers = new Map<string, Rpm>();
  const sorted = [...rpms].sort((a, b) => (a.name < b.name ? -1 : 1));
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
  return [...chosen].sort((a, b) => (a.file < b.file ? -1 : 1));
}
