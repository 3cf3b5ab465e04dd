import { buildRootEssentials, recipeDigest } from '../cache-key/recipe.ts';
import { addResult, type Graph, makeGraph } from '../graph/graph.ts';
import { type Missing, needsOf, type Wait } from '../graph/needs.ts';
import { keyComponents, keyOf } from '../cache-key/key.ts';
import { type Problem, ProblemsError } from '../base/problems.ts';
import type { Result } from '../model/build-result.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Solver } from '../solver/solver.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import type { Keyed } from '../model/outcome.ts';

/** All that is known of a tree, handed from parsing to planning and building. */
export interface Tree {
  specs: readonly Spec[];
  toolchain: Toolchain;
  graph: Graph;
  solver: Pick<Solver, 'solve'>;
  /** SHA-256 by base name of a package's sources and patches. @throws ProblemsError when one has none, or the wrong one */
  sources(name: string): Promise<Readonly<Record<string, string>>>;
  defines: Readonly<Record<string, string>>;
}

/** A tree with nothing built yet. */
export function makeTree(parts: Omit<Tree, 'graph'>): Tree {
  return { ...parts, graph: makeGraph(parts.specs, parts.toolchain) };
}

/** Where a package stands with the results at hand. */
export type Verdict =
  | { state: 'waits'; waits: Wait[] }
  | { state: 'missing'; missing: Missing[] }
  | { state: 'unsolvable'; problems: string[] }
  | { state: 'faulty'; problems: readonly Problem[] }
  | { state: 'keyed'; keyed: Keyed };

/**
 * Settles one package as far as the results at hand allow: what it waits for, what is missing, or its key.
 * The same results give the same verdict, in whatever order they came.
 * @param late nothing more can be built without this package: what is there has to do
 */
export async function settle(tree: Tree, name: string, late = false): Promise<Verdict> {
  const { graph, toolchain } = tree;
  const needs = needsOf(graph, name, [], late);
  if (needs.missing.length > 0) return { state: 'missing', missing: needs.missing };
  if (needs.waits.length > 0) return { state: 'waits', waits: needs.waits };
  const spec = graph.specs.get(name) as Spec;
  const root = await solveRoot(tree, needs.packages, spec.buildRequires);
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

/** One RPM of a root and where it comes from. */
export interface RootRpm {
  origin: 'local' | 'toolchain';
  rpm: Rpm;
}

/** The set of RPMs of a build root: worker, essentials and `requires`, with the results of `packages` in sight. */
export async function solveRoot(
  tree: Tree,
  packages: readonly string[],
  requires: readonly string[],
): Promise<{ ok: true; installed: RootRpm[] } | { ok: false; problems: string[] }> {
  const local = packages.flatMap((name) => tree.graph.results.get(name)?.rpms ?? []);
  const answer = await tree.solver.solve({
    install: [...buildRootEssentials, ...requires],
    base: tree.toolchain.worker,
    local,
  });
  if (!answer.ok) return answer;
  const byFile = {
    local: new Map(local.map((rpm) => [rpm.file, rpm])),
    toolchain: new Map(tree.toolchain.rpms.map((rpm) => [rpm.file, rpm])),
  };
  const installed = answer.installed.map(({ origin, file }) => ({
    origin,
    rpm: byFile[origin].get(file) as Rpm,
  }));
  return { ok: true, installed };
}

/** Makes a result known to the tree: packages that wait for it may be settled next. */
export function learn(tree: Tree, result: Result): void {
  addResult(tree.graph, result);
}
