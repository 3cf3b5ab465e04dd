import type { Rpm } from '../model/rpm.ts';
import type { Spec, SpecPackage } from '../model/spec.ts';

/** Differences in one message before the rest is counted. */
const mostDifferences = 5;

/**
 * Describes where the RPMs of a build differ from the parsed spec; undefined when they do not. Provides and requires that
 * a build adds, and RPMs with debuginfo, are no differences. Pure.
 */
export function differences(spec: Spec, rpms: readonly Rpm[]): string | undefined {
  const declared = new Map(spec.packages.filter((one) => one.built).map((one) => [one.name, one]));
  const built = new Map(rpms.map((rpm) => [rpm.name, rpm]));
  const isMissing = (name: string) => !built.has(name);
  const isNew = (name: string) => !declared.has(name) && !/-debug(?:info|source)$/.test(name);
  const found = [
    ...[...declared.keys()].filter(isMissing).map((name) => `${name} is not made`),
    ...[...built.keys()].filter(isNew).map((name) => `${name} is made and not stated`),
    ...[...declared].flatMap(([name, one]) => {
      const rpm = built.get(name);
      return rpm === undefined ? [] : between(one, rpm);
    }),
  ];
  if (found.length === 0) return undefined;
  const more = found.length > mostDifferences ? ` and ${found.length - mostDifferences} more` : '';
  return `${spec.package} was built otherwise than it was parsed: ${found.slice(0, mostDifferences).join(', ')}${more}`;
}

function between(declared: SpecPackage, built: Rpm): string[] {
  const lost = (kind: 'provides' | 'requires') =>
    declared[kind]
      .filter((capability) => !built[kind].includes(capability))
      .map((capability) => `${declared.name} ${kind} no '${capability}'`);
  const [before, after] = [fullName(declared), fullName(built)];
  const renamed = before === after ? [] : [`${before} became ${after}`];
  return [...renamed, ...lost('provides'), ...lost('requires')];
}

function fullName({ name, epoch, version, release, arch }: SpecPackage | Rpm): string {
  return `${name}-${epoch === 0 ? '' : `${epoch}:`}${version}-${release}.${arch}`;
}
