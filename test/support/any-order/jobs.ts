import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import type { Outcome } from '../../../src/shared/model/outcome.ts';
import type { PackageReport } from '../../../src/shared/shards/protocol/heartbeat.ts';
import { newKnownResults } from '../../../src/shared/shards/protocol/known-results.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import { RunState } from '../../../src/shared/shards/worker/run-state.ts';
import type { Tree } from '../../../src/shared/solver/solve-root.ts';
import type { Store } from '../../../src/shared/store/store.ts';

/**
 * The state of a run of all packages of a tree, as one of its jobs knows it: without files, over a store in memory.
 * As in a job, the results that were reported count before those of the store.
 */
export function jobOf(tree: Tree, store: Store): RunState {
  const known = newKnownResults();
  const reported = async (key: string, name: string) => {
    const report = known.results.get(key);
    return report?.package === name ? report.result : await store.get(key, name);
  };
  const context = {
    tree,
    run: {
      goals: [...tree.declared.specs.keys()],
      names: [...tree.declared.specs.keys()],
      ...{ prebuilt: [], rebuild: new Set(), failures: new Map(), seconds: new Map(), priority: new Map() },
    },
    inputs: { buildDir: '/nowhere', cacheDir: '/nowhere' },
    store: { ...store, get: reported, search: reported },
    log: { info: () => {}, warn: () => {}, error: () => {}, progress: () => {} },
    signal: new AbortController().signal,
  } as unknown as BuildContext;
  return new RunState(context, known, () => 1);
}

/** What a job makes of reports that it reads in this order; it resolves after each of them, or only at the end. */
export async function outcomesAfter(
  tree: Tree,
  store: Store,
  reports: readonly PackageReport[],
  resolves: 'each time' | 'at the end',
): Promise<Map<string, Outcome>> {
  const state = jobOf(tree, store);
  if (resolves === 'each time') await state.resolve();
  for (const report of reports) {
    state.noteOthersReport(report);
    if (resolves === 'each time') await state.resolve();
  }
  await state.resolve();
  return outcomesOf(state);
}
