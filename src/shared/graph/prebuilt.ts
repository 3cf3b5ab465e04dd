import type { Spec } from '../model/spec.ts';
import { areStandIns, type Toolchain } from '../model/toolchain.ts';

/**
 * Returns the packages that are not built, because the toolchain has each of their RPMs by its file name. Stand-ins give
 * way to the tree. Pure.
 * @param rebuild packages that are built all the same, by spec or RPM name
 */
export function prebuiltPackages(
  specs: readonly Spec[],
  toolchain: Toolchain,
  rebuild: readonly string[],
): ReadonlySet<string> {
  if (areStandIns(toolchain)) return new Set();
  const files = new Set(toolchain.rpms.map(({ file }) => file));
  const isPrebuilt = (spec: Spec) => {
    const own = spec.packages.filter(({ built }) => built);
    const isAskedFor = rebuild.includes(spec.package) || own.some(({ name }) => rebuild.includes(name));
    return (
      spec.excluded === undefined && own.length > 0 && !isAskedFor && own.every(({ file }) => files.has(file))
    );
  };
  return new Set(specs.filter(isPrebuilt).map((spec) => spec.package));
}

/**
 * Returns the packages of which the toolchain has an RPM of the same name, in another version or built anew here. They
 * are built with the toolchain's RPMs alone, as far as it has what they need: else two of them might need each other.
 */
export function changedPackages(specs: readonly Spec[], toolchain: Toolchain): ReadonlySet<string> {
  if (areStandIns(toolchain)) return new Set();
  const names = new Set(toolchain.rpms.map(({ name }) => name));
  const isOfToolchain = ({ packages }: Spec) => packages.some(({ built, name }) => built && names.has(name));
  return new Set(specs.filter(isOfToolchain).map((spec) => spec.package));
}
