import { type Problem, ProblemsError } from '../base/problems.ts';
import { keyComponents, keyOf } from '../cache-key/key.ts';
import { recipeDigest } from '../cache-key/recipe.ts';
import { type Graph, resultsOf } from '../graph/graph.ts';
import type { Missing, Needs, NeedsOptions, Wait } from '../graph/needs.ts';
import { needsOf, needsOrPointers } from '../graph/walk.ts';
import type { PlannedBuild, UnmetRequirement } from '../model/outcome.ts';
import type { RootRpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import { solveRoot, type Tree } from '../solver/solve-root.ts';

/** Where a package stands with the results at hand. */
export type Resolution =
  /** Its key is known. */
  | { state: 'ready'; build: PlannedBuild }
  /** It needs results that are not there yet. */
  | { state: 'waiting'; waits: Wait[] }
  /** It needs these packages, or what only they may provide, and they failed. */
  | { state: 'blocked'; by: string[] }
  /** Nothing provides a requirement. */
  | { state: 'missing'; missing: Missing[] }
  /** No set of RPMs makes its build root. */
  | { state: 'unsolvable'; problems: string[] }
  /** Its sources have errors. */
  | { state: 'invalid'; problems: readonly Problem[] };

/**
 * Resolves one package as far as the results at hand allow. The same results give the same resolution, in whatever
 * order they came. The solver has what the first provider of each requirement leads to; if it cannot make a root of that,
 * it has all providers.
 */
export async function resolvePackage(
  tree: Tree,
  graph: Graph,
  name: string,
  options: Pick<NeedsOptions, 'isSearchOver'> = {},
): Promise<Resolution> {
  let resolution = await resolveOnce(tree, graph, name, options);
  const hasNoRoot = resolution.state === 'missing' || resolution.state === 'unsolvable';
  // History decides last, and only between an error and a build.
  if (hasNoRoot && graph.declared.policy.pointers.size > 0)
    resolution = await resolveOnce(tree, graph, name, { ...options, withPointers: true });
  if (resolution.state !== 'missing') return resolution;
  const failed = resolution.missing.flatMap((one) => one.failed);
  return failed.length === 0 ? resolution : { state: 'blocked', by: failed };
}

/** The requirements of a package that no build can meet any more, also while the package waits for others. Pure. */
export function unmetRequirements(graph: Graph, name: string): UnmetRequirement[] {
  return needsOrPointers(graph, name).missing.filter((one) => one.failed.length === 0);
}

async function resolveOnce(
  tree: Tree,
  graph: Graph,
  name: string,
  options: NeedsOptions,
): Promise<Resolution> {
  const needs = needsOf(graph, name, options);
  const { waits, missing } = needs;
  // All waits have to end first: so the reason does not depend on which ended first.
  if (waits.some((one) => !graph.failed.has(one.package))) return { state: 'waiting', waits };
  if (waits.length > 0) return { state: 'blocked', by: waits.map((one) => one.package) };
  if (missing.length > 0) return { state: 'missing', missing };
  const spec = graph.declared.specs.get(name) as Spec;
  const solve = ({ packages }: Needs) =>
    solveRoot(tree, resultsOf(graph, packages), spec.buildRequires, spec.buildConflicts);
  const root = await solve(needs);
  if (root.ok) return await plan(tree, spec, needs, root.installed);
  const wide = needsOf(graph, name, { ...options, isWide: true });
  const wider = wide.waits.filter((one) => !graph.failed.has(one.package));
  if (wider.length > 0) return { state: 'waiting', waits: wider };
  const again = wide.packages.length === needs.packages.length ? root : await solve(wide);
  if (again.ok) return await plan(tree, spec, wide, again.installed);
  return { state: 'unsolvable', problems: root.problems };
}

async function plan(
  tree: Tree,
  spec: Spec,
  { packages, brokenCycles }: Needs,
  root: readonly RootRpm[],
): Promise<Resolution> {
  const sources = await tree.sources(spec.package).catch((error: unknown) => {
    if (error instanceof ProblemsError) return error;
    throw error;
  });
  if (sources instanceof ProblemsError) return { state: 'invalid', problems: sources.problems };
  const { arch, workerDigest } = tree.toolchain;
  const components = keyComponents({
    ...{ spec, sources, arch, defines: tree.defines, recipe: recipeDigest, workerDigest, brokenCycles },
    installed: root.map(({ rpm }) => rpm),
    releaseAware: tree.releaseAware.has(spec.package),
  });
  const installed = root.map(({ origin, rpm }) => ({ origin, file: rpm.file }));
  return { state: 'ready', build: { key: keyOf(components), components, installed, packages } };
}
