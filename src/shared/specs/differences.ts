import type { Rpm } from '../model/rpm.ts';
import type { Spec, SpecPackage } from '../model/spec.ts';

/** Told of one package before the rest is counted. */
const told = 5;

/**
 * Where the RPMs that rpmbuild made differ from what the spec said when it was parsed, in words; undefined where they
 * do not. What a build adds to provides and requires is its own affair, and so are RPMs for debuggers. Pure.
 */
export function differences(spec: Spec, rpms: readonly Rpm[]): string | undefined {
  const stated = new Map(spec.packages.filter(({ built }) => built).map((one) => [one.name, one]));
  const made = new Map(rpms.map((rpm) => [rpm.name, rpm]));
  const found = [
    ...[...stated.keys()].filter((name) => !made.has(name)).map((name) => `${name} is not made`),
    ...[...made.keys()]
      .filter((name) => !stated.has(name) && !/-debug(?:info|source)$/.test(name))
      .map((name) => `${name} is made and not stated`),
    ...[...stated].flatMap(([name, one]) => {
      const rpm = made.get(name);
      return rpm === undefined ? [] : between(one, rpm);
    }),
  ];
  if (found.length === 0) return undefined;
  const more = found.length > told ? ` and ${found.length - told} more` : '';
  return `${spec.package} was built otherwise than it was parsed: ${found.slice(0, told).join(', ')}${more}`;
}

function between(stated: SpecPackage, made: Rpm): string[] {
  const lost = (kind: 'provides' | 'requires') =>
    stated[kind]
      .filter((capability) => !made[kind].includes(capability))
      .map((capability) => `${stated.name} ${kind} no '${capability}'`);
  const [before, after] = [fullName(stated), fullName(made)];
  return [
    ...(before === after ? [] : [`${before} became ${after}`]),
    ...lost('provides'),
    ...lost('requires'),
  ];
}

function fullName({ name, epoch, version, release, arch }: SpecPackage | Rpm): string {
  return `${name}-${epoch === 0 ? '' : `${epoch}:`}${version}-${release}.${arch}`;
}
