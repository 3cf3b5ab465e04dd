import { type Problem, ProblemsError } from '../base/problems.ts';
import { keyComponents, keyOf } from '../cache-key/key.ts';
import { recipeDigest } from '../cache-key/recipe.ts';
import { type Graph, resultsOf } from '../graph/graph.ts';
import type { Missing, Needs, NeedsOptions, Wait } from '../graph/needs.ts';
import { needsOf } from '../graph/walk.ts';
import type { PlannedBuild } from '../model/outcome.ts';
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
  const needs = needsOf(graph, name, options);
  const unresolved = resolveWithoutRoot(graph, needs);
  if (unresolved !== undefined) return unresolved;
  const spec = graph.declared.specs.get(name) as Spec;
  const solve = ({ packages }: Needs) =>
    solveRoot(tree, resultsOf(graph, packages), spec.buildRequires, spec.buildConflicts);
  const root = await solve(needs);
  if (root.ok) return await plan(tree, spec, needs, root.installed);
  const wide = needsOf(graph, name, { ...options, isWide: true });
  const waits = wide.waits.filter((one) => !graph.failed.has(one.package));
  if (waits.length > 0) return { state: 'waiting', waits };
  const wider = wide.packages.length === needs.packages.length ? root : await solve(wide);
  if (wider.ok) return await plan(tree, spec, wide, wider.installed);
  return { state: 'unsolvable', problems: root.problems };
}

/** The resolution of a package whose needs are not all there; undefined when they are. */
function resolveWithoutRoot(graph: Graph, { waits, missing }: Needs): Resolution | undefined {
  // All waits have to end first: so the reason does not depend on which ended first.
  if (waits.some((one) => !graph.failed.has(one.package))) return { state: 'waiting', waits };
  const failed = [...waits.map((one) => one.package), ...missing.flatMap((one) => one.failed)];
  if (failed.length > 0) return { state: 'blocked', by: failed };
  return missing.length > 0 ? { state: 'missing', missing } : undefined;
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
