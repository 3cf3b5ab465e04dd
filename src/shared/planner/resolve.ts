import { type Problem, ProblemsError } from '../base/problems.ts';
import { keyComponents, keyOf } from '../cache-key/key.ts';
import { recipeDigest } from '../cache-key/recipe.ts';
import { type Graph, resultsOf } from '../graph/graph.ts';
import { type Missing, needsOf, type Wait } from '../graph/needs.ts';
import type { PlannedBuild } from '../model/outcome.ts';
import type { Spec } from '../model/spec.ts';
import { solveRoot, type Tree } from '../solver/solve-root.ts';

/** Where a package stands with the results at hand. */
export type Verdict =
  | { state: 'waits'; waits: Wait[] }
  | { state: 'missing'; missing: Missing[] }
  | { state: 'unsolvable'; problems: string[] }
  | { state: 'faulty'; problems: readonly Problem[] }
  | { state: 'keyed'; keyed: PlannedBuild };

/**
 * Settles one package as far as the results at hand allow: what it waits for, what is missing, or its key.
 * The same results give the same verdict, in whatever order they came.
 * @param late nothing more can be built without this package: what is there has to do
 */
export async function resolvePackage(tree: Tree, graph: Graph, name: string, late = false): Promise<Verdict> {
  const { toolchain } = tree;
  const needs = needsOf(graph, name, [], late);
  if (needs.missing.length > 0) return { state: 'missing', missing: needs.missing };
  if (needs.waits.length > 0) return { state: 'waits', waits: needs.waits };
  const spec = graph.declared.specs.get(name) as Spec;
  const root = await solveRoot(tree, resultsOf(graph, needs.packages), spec.buildRequires);
  if (!root.ok) return { state: 'unsolvable', problems: root.problems };
  const sources = await tree.sources(name).catch((error: unknown) => {
    if (error instanceof ProblemsError) return error;
    throw error;
  });
  if (sources instanceof ProblemsError) return { state: 'faulty', problems: sources.problems };
  const components = keyComponents({
    spec,
    sources,
    arch: toolchain.arch,
    defines: tree.defines,
    recipe: recipeDigest,
    workerDigest: toolchain.workerDigest,
    installed: root.installed.map(({ rpm }) => rpm),
  });
  const installed = root.installed.map(({ origin, rpm }) => ({ origin, file: rpm.file }));
  return {
    state: 'keyed',
    keyed: { key: keyOf(components), components, installed, packages: needs.packages },
  };
}
