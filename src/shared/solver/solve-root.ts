import { buildRootEssentials } from '../cache-key/recipe.ts';
import { type DeclaredGraph, declaredGraph, type ProviderPolicy } from '../graph/graph.ts';
import { prebuiltPackages } from '../graph/prebuilt.ts';
import type { BuildPolicy } from '../model/build-policy.ts';
import type { Result } from '../model/build-result.ts';
import type { OnDemandRpm } from '../model/on-demand.ts';
import type { Capability, RootRpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { type GeneratedRequires, rememberGenerated } from './generated-requires.ts';
import { installedRpms } from './installed.ts';
import type { Solver } from './solver.ts';

/** A tree of specs, parsed and checked, with the toolchain that builds it. Immutable but for what its services learn. */
export interface Tree {
  specs: readonly Spec[];
  toolchain: Toolchain;
  /** Packages that are not built, because the toolchain has their RPMs. */
  prebuilt: ReadonlySet<string>;
  declared: DeclaredGraph;
  /** The stand-ins on demand of the toolchain's lock, in its order. */
  onDemand?: readonly OnDemandRpm[];
  solver: Pick<Solver, 'solve'>;
  /** Grows while the tree is built. */
  generated: GeneratedRequires;
  /** SHA-256 by base name of a package's sources and patches. @throws ProblemsError when one has none, or the wrong one */
  sources(name: string): Promise<Readonly<Record<string, string>>>;
  defines: Readonly<Record<string, string>>;
  /** Packages whose builds see the true rpm database of their roots. Their keys hold all of it. */
  releaseAware: ReadonlySet<string>;
  /** The policies of a package's build, sorted. They are in its key. */
  policiesOf(name: string): readonly BuildPolicy[];
}

/** The parts that a tree is made from. */
type TreeParts = Omit<Tree, 'declared' | 'releaseAware' | 'policiesOf' | 'prebuilt' | 'generated'> &
  Partial<Pick<Tree, 'generated'>>;

/**
 * A tree with its graph, and without policies.
 * @param rebuild packages that are built although the toolchain has their RPMs, by spec or RPM name
 */
export function makeTree(parts: TreeParts, policy?: ProviderPolicy, rebuild: readonly string[] = []): Tree {
  const { specs, toolchain } = parts;
  const prebuilt = prebuiltPackages(specs, toolchain, rebuild);
  const own = specs.filter((spec) => !prebuilt.has(spec.package));
  const declared = declaredGraph(own, toolchain, policy, parts.onDemand);
  const none = { releaseAware: new Set<string>(), policiesOf: () => [] };
  return { generated: rememberGenerated(), ...parts, prebuilt, ...none, declared };
}

/**
 * The RPMs of a build root: worker, essentials and `requires`, without anything that `conflicts` names.
 * @param visible the results and stand-ins on demand that the solver may use
 */
export async function solveRoot(
  tree: Tree,
  visible: { results: readonly Result[]; onDemand: readonly string[] },
  requires: readonly Capability[],
  conflicts: readonly Capability[],
): Promise<{ ok: true; installed: RootRpm[] } | { ok: false; problems: string[] }> {
  const { toolchain, solver } = tree;
  const local = visible.results.map(({ rpms }) => rpms);
  const install = [...buildRootEssentials, ...requires];
  const request = { install, conflicts, base: toolchain.worker, onDemand: visible.onDemand, local };
  const answer = await solver.solve(request);
  if (!answer.ok) return answer;
  const installed = installedRpms(answer.installed, request, toolchain);
  if (installed === undefined) throw new Error('the solver names an RPM that its request does not have');
  return { ok: true, installed };
}
