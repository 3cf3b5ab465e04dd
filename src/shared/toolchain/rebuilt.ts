import { order } from '../base/order.ts';
import type { Result } from '../model/build-result.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { withRequirements } from './convert/requirements.ts';
import { workerDigest } from './worker.ts';

/** RPMs that no build asks for: they are in a rebuilt toolchain only where the given one has them. */
const isDebug = ({ name }: Rpm) => /-debug(?:info|source)$/.test(name);

/** Returns the packages of a tree that make an RPM of a name that a toolchain has. Sorted. Pure. */
export function packagesOfToolchain(specs: readonly Spec[], { rpms }: Toolchain): string[] {
  const names = new Set(rpms.map(({ name }) => name));
  const makes = ({ excluded, packages }: Spec) =>
    excluded === undefined && packages.some(({ built, name }) => built && names.has(name));
  return specs
    .filter(makes)
    .map((spec) => spec.package)
    .sort(order);
}

/**
 * Returns a toolchain with the RPMs of results in place of its own of the same names. Its worker holds the same names and
 * what these require. Nothing in it gives way to the tree. Pure.
 */
export function rebuiltToolchain(given: Toolchain, results: readonly Result[]): Toolchain {
  const names = new Set(given.rpms.map(({ name }) => name));
  const built = results.flatMap(({ rpms }) => rpms).filter((rpm) => names.has(rpm.name) || !isDebug(rpm));
  const replaced = new Set(built.map(({ name }) => name));
  const rpms = [...given.rpms.filter(({ name }) => !replaced.has(name)), ...built];
  rpms.sort((a, b) => order(a.file, b.file));
  const wanted = new Set(given.worker);
  const inWorker = withRequirements(
    rpms,
    given.rpms.filter(({ file }) => wanted.has(file)).map(({ name }) => name),
  );
  return {
    ...{ schema: 'azl/toolchain', version: 1, mode: 'archive', arch: given.arch, rpms },
    ...{ worker: inWorker.map(({ file }) => file), workerDigest: workerDigest(inWorker) },
  };
}

/** An RPM that two passes have made, and that differs for whoever is built with it. */
export interface DifferingRpm {
  package: string;
  one: { result: Result; rpm: Rpm };
  other: { result: Result; rpm: Rpm };
}

/** Compares the RPMs of two passes by their output digests. An RPM that only one pass made is none of them. Pure. */
export function differingRpms(first: readonly Result[], second: readonly Result[]): DifferingRpm[] {
  const nameOf = ({ name, arch }: Rpm) => `${name}.${arch}`;
  const before = new Map(
    first.flatMap((result) => result.rpms.map((rpm) => [nameOf(rpm), { result, rpm }] as const)),
  );
  return second.flatMap((result) =>
    result.rpms.flatMap((rpm): DifferingRpm[] => {
      const one = before.get(nameOf(rpm));
      if (one === undefined || one.rpm.outputDigest === rpm.outputDigest) return [];
      return [{ package: result.package, one, other: { result, rpm } }];
    }),
  );
}
