import { order } from '../../base/order.ts';
import type { OnDemandRpm } from '../../model/on-demand.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { keyOf } from '../../rpm/capability.ts';
import { firstChoice, parseRequirement } from '../../rpm/requirement.ts';
import type { StandIn } from '../convert/stand-in.ts';
import { fileOf } from './convert.ts';
import type { OnDemand } from './stand-ins.ts';

/** Returns what the graph knows of the stand-ins on demand of a lock, in its order. Pure. */
export function expectedRpms(all: readonly OnDemand[], { arch, onDemand = {} }: Toolchain): OnDemandRpm[] {
  const closures = closuresOf(all.map(({ standIn }) => standIn));
  return all.map(({ standIn, provides, paths, sonames }) => {
    const { name, epoch, version, release } = standIn;
    const file = fileOf(standIn, arch);
    const closure = (closures.get(name) ?? []).map((one) => fileOf(one, arch)).sort(order);
    return {
      ...{ file, name, epoch, version, release, provides, paths, sonames, closure },
      isConverted: Object.hasOwn(onDemand, file),
    };
  });
}

/** Returns for each stand-in those of the same list that it needs, directly or not, itself included. */
function closuresOf(standIns: readonly StandIn[]): Map<string, StandIn[]> {
  const byName = new Map(standIns.map((one) => [one.name, one]));
  const needed = (text: string) => {
    const first = firstChoice(parseRequirement(text));
    return first === undefined ? [] : (byName.get(keyOf(first)) ?? []);
  };
  const needs = new Map(standIns.map((one) => [one, one.requires.flatMap(needed)]));
  return new Map(
    standIns.map((one) => {
      const found = new Set([one]);
      for (const next of found) for (const need of needs.get(next) ?? []) found.add(need);
      return [one.name, [...found]];
    }),
  );
}
