import type { ActionContext } from '../github/action.ts';
import type { Result } from '../model/build-result.ts';
import type { TreeInputs } from '../model/inputs.ts';
import type { Kept } from '../model/stored-parts.ts';
import type { Tree } from '../solver/solve-root.ts';
import type { Sources } from '../sources/locate.ts';
import type { StorageRequest } from '../store/allocation.ts';
import type { Store } from '../store/store.ts';
import type { StoreIndex } from '../store/store-index.ts';

/** Seconds that any build is given, however late it starts. */
export const leastForBuild = 60;

/** Everything that planning and building of one tree have in common. */
export interface BuildContext {
  inputs: TreeInputs;
  context: ActionContext;
  tree: Tree;
  store: Store;
  /** What of it is on this machine. */
  local: Store;
  /** What the store has, as far as other runs told. */
  index: StoreIndex;
  /** Tells later runs what this one has. */
  remember(results: readonly Result[], keptOf: (key: string) => Kept | undefined): Promise<void>;
  sources: Sources;
  toolchainDir: string;
  /** Packages asked for. */
  goals: string[];
  /** The goals and all that they may need. */
  names: string[];
  rebuild: Set<string>;
  priority: Map<string, number>;
  /** Expected seconds of a package, from its newest result. */
  seconds: Map<string, number>;
  /** Where its job has an end: seconds that a build may take which starts now, and whether so many are all there is. */
  buildTime?: { left(): number; isWhole(seconds: number): boolean };
  /** Says what the run needs room for in the store, before anything is built. */
  makeRoom(demand: StorageRequest): void;
  /** Keeps the solver's answers and ends it; lets go of the build folder. */
  close(): Promise<void>;
}
