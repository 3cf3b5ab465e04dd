import { buildRootEssentials } from '../cache-key/recipe.ts';
import { type Graph, makeGraph } from '../graph/graph.ts';
import type { RootRpm } from '../model/root-rpm.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Spec } from '../model/spec.ts';
import type { Toolchain } from '../model/toolchain.ts';
import type { Solver } from './solver.ts';

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
