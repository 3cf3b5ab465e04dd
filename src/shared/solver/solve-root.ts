import { buildRootEssentials } from '../cache-key/recipe.ts';
import { type DeclaredGraph, declaredGraph, type ProviderPolicy } from '../graph/graph.ts';
import type { Result } from '../model/build-result.ts';
import type { Capability, RootRpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { installedRpms } from './installed.ts';
import type { Solver } from './solver.ts';

/** A tree of specs, parsed and checked, with the toolchain that builds it. Immutable. */
export interface Tree {
  specs: readonly Spec[];
  toolchain: Toolchain;
  declared: DeclaredGraph;
  solver: Pick<Solver, 'solve'>;
  /** SHA-256 by base name of a package's sources and patches. @throws ProblemsError when one has none, or the wrong one */
  sources(name: string): Promise<Readonly<Record<string, string>>>;
  defines: Readonly<Record<string, string>>;
  /** Packages whose builds see the true rpm database of their roots. Their keys hold all of it. */
  releaseAware: ReadonlySet<string>;
}

/** A tree with its graph. */
export function makeTree(parts: Omit<Tree, 'declared' | 'releaseAware'>, policy?: ProviderPolicy): Tree {
  const declared = declaredGraph(parts.specs, parts.toolchain, policy);
  return { ...parts, releaseAware: new Set(), declared };
}

/**
 * The RPMs of a build root: worker, essentials and `requires`, without anything that `conflicts` names.
 * @param visible the results that the solver may use
 */
export async function solveRoot(
  tree: Tree,
  visible: readonly Result[],
  requires: readonly Capability[],
  conflicts: readonly Capability[],
): Promise<{ ok: true; installed: RootRpm[] } | { ok: false; problems: string[] }> {
  const { toolchain, solver } = tree;
  const local = visible.map(({ rpms }) => rpms);
  const install = [...buildRootEssentials, ...requires];
  const request = { install, conflicts, base: toolchain.worker, local };
  const answer = await solver.solve(request);
  if (!answer.ok) return answer;
  const installed = installedRpms(answer.installed, request, toolchain);
  if (installed === undefined) throw new Error('the solver names an RPM that its request does not have');
  return { ok: true, installed };
}
