import type { ActionContext } from '../github/action.ts';
import type { Revealed } from '../shards/worker/run-alone.ts';
import { rememberingSolver } from '../solver/remembering-solver.ts';
import type { AnswerMemory } from '../solver/saved-answers.ts';
import type { Tree } from '../solver/solve-root.ts';
import { type Solver, startSolver } from '../solver/solver.ts';
import { type GrownTree, type GrowOptions, growToolchain } from './stand-ins.ts';

/** A tree whose toolchain grows with what its run needs, and the solvers over each state of it. */
export interface GrowingTree {
  /** The tree as it is before anything is built. */
  tree: Tree;
  /** Adds to the toolchain what builds revealed to be missing; undefined when there is nothing to add. */
  grow(revealed: Revealed): Promise<Tree | undefined>;
  /** Ends the solvers. */
  close(): Promise<void>;
}

/** Adds to a toolchain what a run needs by its specs and by earlier builds. See {@link growToolchain}. */
export async function growingTree(
  start: GrownTree,
  action: ActionContext,
  options: GrowOptions,
  answers: AnswerMemory,
): Promise<GrowingTree> {
  const solvers: Solver[] = [];
  const withSolver = (tree: Tree): Tree => {
    const solver = rememberingSolver(tree.toolchain, startSolver, answers);
    solvers.push(solver);
    return { ...tree, solver };
  };
  let grown = await growToolchain(start, action, options);
  return {
    tree: withSolver(grown.tree),
    grow: async (revealed) => {
      const before = grown.tree.toolchain;
      grown = await growToolchain(grown, action, { ...options, revealed });
      return grown.tree.toolchain === before ? undefined : withSolver(grown.tree);
    },
    close: async () => {
      for (const solver of solvers) await solver.close();
    },
  };
}
