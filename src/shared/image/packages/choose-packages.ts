import { nearestName } from '../../base/nearest-name.ts';
import { type Problem, ProblemsError } from '../../base/problems.ts';
import type { Capability, Rpm } from '../../model/rpm.ts';
import type { Toolchain } from '../../model/toolchain.ts';
import { nameOf, satisfies } from '../../rpm/requirement.ts';
import type { Solver } from '../../solver/solver.ts';
import type { RequestedPackage } from '../config/named-files.ts';

/** The origin of an RPM of an image: this run's results, an external repository, or the toolchain. */
export const origins = ['local', 'repository', 'toolchain'] as const;
export type Origin = (typeof origins)[number];

export interface ImagePackage {
  origin: Origin;
  rpm: Rpm;
}

/**
 * Chooses all RPMs of an image: the requested packages and everything that they need. This run's results and
 * repositories win over the toolchain.
 * @throws ProblemsError naming each requested package that nothing provides, or the conflict
 */
export async function choosePackages(options: {
  requested: readonly RequestedPackage[];
  local: readonly Rpm[];
  /** RPMs of repositories. None has the name of a package in `local`. */
  offered: readonly Rpm[];
  toolchain: Toolchain;
  solver: Solver;
  /** The config's path, for messages. */
  file: string;
}): Promise<ImagePackage[]> {
  const { requested, offered, toolchain } = options;
  const remote = new Set(offered);
  const local = [...options.local, ...offered];
  const install = [...new Set(requested.map(({ capability }) => capability))];
  const onDemand = Object.keys(toolchain.onDemand ?? {});
  const request = { install, conflicts: [], base: [], onDemand, local: [local] };
  const answer = await options.solver.solve(request);
  if (!answer.ok) {
    // The solver names only the first missing package.
    const rpms = [...local, ...toolchain.rpms];
    const problems = requested
      .filter(({ capability }) => !rpms.some((rpm) => provides(rpm, capability)))
      .map((one) => missingPackage(one, rpms));
    if (problems.length > 0) throw new ProblemsError(problems);
    throw new ProblemsError(answer.problems.map((message) => ({ message, file: options.file })));
  }
  const byFile = {
    local: new Map(local.map((rpm) => [rpm.file, rpm])),
    toolchain: new Map(toolchain.rpms.map((rpm) => [rpm.file, rpm])),
  };
  return answer.installed.map(({ origin, file }) => {
    const rpm = byFile[origin].get(file) as Rpm;
    return { origin: remote.has(rpm) ? 'repository' : origin, rpm };
  });
}

function provides(rpm: Rpm, capability: Capability): boolean {
  if (capability.startsWith('/')) return rpm.files.includes(capability) || rpm.folders.includes(capability);
  return rpm.provides.some((one) => nameOf(one) === nameOf(capability) && satisfies(one, capability));
}

/** Builds the problem of a package that no RPM provides. The hint lists other versions, or the nearest name. */
function missingPackage({ capability, file, path }: RequestedPackage, rpms: readonly Rpm[]): Problem {
  const name = nameOf(capability);
  const named = rpms.filter((rpm) => rpm.name === name);
  const versions = [...new Set(named.map((rpm) => `${rpm.version}-${rpm.release}`))];
  const near = nearestName(name, new Set(rpms.map((rpm) => rpm.name)));
  const nearest = near === undefined ? [] : [`Nearest: '${near}'.`];
  const elsewhere = 'Build it, or give a repository that has it (repo-list).';
  const hint =
    versions.length > 0 ? `There is ${name} ${versions.join(', ')}.` : [...nearest, elsewhere].join(' ');
  return { message: `Package '${capability}' is provided by nothing`, file, path, hint };
}
