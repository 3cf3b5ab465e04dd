import { type Problem, ProblemsError } from '../base/problems.ts';
import { keyComponents, keyOf } from '../cache-key/key.ts';
import { recipeDigest } from '../cache-key/recipe.ts';
import { type Graph, resultsOf } from '../graph/graph.ts';
import { type Missing, needsOf, type Wait } from '../graph/needs.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import { solveRoot, type Tree } from '../solver/solve-root.ts';

/** Where a package stands with the results at hand. */
export type Resolution =
  /** Its key is known. */
  | { state: 'ready'; build: PlannedBuild }
  /** It needs results that are not there yet. */
  | { state: 'waiting'; waits: Wait[] }
  /** Nothing provides a requirement. */
  | { state: 'missing'; missing: Missing[] }
  /** No set of RPMs makes its build root. */
  | { state: 'unsolvable'; problems: string[] }
  /** Its sources have errors. */
  | { state: 'invalid'; problems: readonly Problem[] };

/**
 * Resolves one package as far as the results at hand allow. The same results give the same resolution, in whatever
 * order they came.
 * @param withBuilt as in {@link needsOf}
 */
export async function resolvePackage(
  tree: Tree,
  graph: Graph,
  name: string,
  withBuilt = false,
): Promise<Resolution> {
  const needs = needsOf(graph, name, [], withBuilt);
  if (needs.missing.length > 0) return { state: 'missing', missing: needs.missing };
  if (needs.waits.length > 0) return { state: 'waiting', waits: needs.waits };
  const spec = graph.declared.specs.get(name) as Spec;
  const { buildRequires, buildConflicts } = spec;
  const root = await solveRoot(tree, resultsOf(graph, needs.packages), buildRequires, buildConflicts);
  if (!root.ok) return { state: 'unsolvable', problems: root.problems };
  const sources = await tree.sources(name).catch((error: unknown) => {
    if (error instanceof ProblemsError) return error;
    throw error;
  });
  if (sources instanceof ProblemsError) return { state: 'invalid', problems: sources.problems };
  const { arch, workerDigest } = tree.toolchain;
  const components = keyComponents({
    ...{ spec, sources, arch, defines: tree.defines, recipe: recipeDigest, workerDigest },
    installed: root.installed.map(({ rpm }) => rpm),
    releaseAware: tree.releaseAware.has(name),
  });
  const installed = root.installed.map(({ origin, rpm }) => ({ origin, file: rpm.file }));
  const build = { key: keyOf(components), components, installed, packages: needs.packages };
  return { state: 'ready', build };
}
