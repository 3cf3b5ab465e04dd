import { buildRootEssentials } from '../../src/shared/cache-key/recipe.ts';
import type { Result } from '../../src/shared/model/build-result.ts';
import type { Rpm } from '../../src/shared/model/rpm.ts';
import { isRich, parseRequirement, satisfies } from '../../src/shared/rpm/requirement.ts';
import type { SolverRequest } from '../../src/shared/solver/solver.ts';
import type { Store } from '../../src/shared/store/store.ts';
import { madeUpRpm } from './made-up.ts';

export const base = madeUpRpm('base', { provides: ['base = 1.0-1', 'pkgconfig(common) = 1'] });
export const essentials = madeUpRpm('essentials', {
  files: [...buildRootEssentials],
});

/** The solver of a toolchain of {@link base} and {@link essentials}. */
export const solve = async (request: SolverRequest) => await solveOn([base, essentials], request);

/** Takes all that is asked for and all that this requires, local before toolchain: enough of a solver for plain names. */
export async function solveOn(prebuilt: readonly Rpm[], { install, local: results }: SolverRequest) {
  const local = results.flat();
  const all = [...local, ...prebuilt];
  const installed = new Set<Rpm>();
  const problems: string[] = [];
  const queue = [...install];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    const wanted = one;
    if (isRich(parseRequirement(wanted))) continue;
    const found = all
      .filter(
        (rpm) => rpm.files.includes(wanted) || rpm.provides.some((provide) => satisfies(provide, wanted)),
      )
      .sort((a, b) => Number(b.version > a.version) - Number(a.version > b.version))[0];
    if (found === undefined) problems.push(`nothing provides ${wanted}`);
    else if (!installed.has(found)) {
      installed.add(found);
      queue.push(...found.requires);
    }
  }
  if (problems.length > 0) return { ok: false as const, problems, missing: [] };
  const files = [...installed].map((rpm) => ({
    origin: local.includes(rpm) ? ('local' as const) : ('toolchain' as const),
    file: rpm.file,
  }));
  return { ok: true as const, installed: files.sort((a, b) => (a.file < b.file ? -1 : 1)) };
}

/** Returns a store in memory, without files. */
export function memoryStore(): Store {
  const results = new Map<string, Result>();
  return {
    get: async (key) => results.get(key),
    search: async (key) => results.get(key),
    offer: () => {},
    saved: () => undefined,
    flush: async () => {},
    check: async () => {},
    storedParts: async () => 'full',
    open: async () => '',
    openWithoutDebug: async () => '',
    put: async (result) => {
      results.set(result.key, result);
      return result;
    },
    drop: async (key) => void results.delete(key),
    latest: async () => undefined,
  };
}
