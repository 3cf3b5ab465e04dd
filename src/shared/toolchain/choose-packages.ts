import { hostArchitecture } from '../base/architectures.ts';
import { order } from '../base/order.ts';
import { problem } from '../base/problems.ts';
import { closure } from './debian/closure.ts';
import { type Apt, offeredPackages } from './debian/package-lists.ts';
import {
  buildPackages,
  excludedPackages,
  imagePackages,
  workerPackages,
} from './debian/requested-packages.ts';
import type { Lock } from './lock.ts';
import { hostSuite } from './recipe.ts';

/**
 * Chooses the Debian packages of a new toolchain from the lists of the host's sources.
 * @throws ProblemsError when the lists lack a package that the worker or images need
 */
export async function choosePackages(apt: Apt): Promise<Lock> {
  const { debian, rpm } = hostArchitecture;
  const requested = [...workerPackages, ...buildPackages, ...imagePackages];
  const { debs, missing } = closure(await offeredPackages(apt, debian), requested, excludedPackages);
  const needed = missing.filter((names) => !buildPackages.includes(names));
  if (needed.length > 0)
    throw problem(
      `the host's package lists have none of: ${needed.map((names) => names.join(' or ')).join(', ')}`,
      { hint: 'Supported hosts are Debian 12 and 13 and Ubuntu 24.04 with their main components.' },
    );
  for (const names of missing)
    apt.log.info(`Not in the host's package lists, left out: ${names.join(' or ')}`);
  const packages = [...debs.values()].sort((a, b) => order(a.name, b.name));
  return {
    schema: 'azl/toolchain-lock',
    version: 2,
    suite: await hostSuite(),
    arch: rpm,
    packages,
    additions: [],
  };
}
