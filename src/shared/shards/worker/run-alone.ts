import { availableParallelism } from 'node:os';
import { order } from '../../base/order.ts';
import type { BuildContext } from '../../builder/build-context.ts';
import { buildOne } from '../../builder/build-one.ts';
import type { Capability } from '../../model/rpm.ts';
import { describeUnmet } from '../../planner/engine.ts';
import { assumedSeconds } from '../../planner/priority.ts';
import { unmetRequirements } from '../../planner/resolve.ts';
import type { SharedAnswers } from '../../solver/saved-answers.ts';
import type { Tree } from '../../solver/solve-root.ts';
import { DamagedResultError, openStored } from '../../store/store.ts';
import { newKnownResults } from '../protocol/known-results.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import { settingsAlone } from '../scheduler/settings.ts';
import type { Exchange } from '../transport/exchange.ts';
import { HeartbeatReader } from './heartbeat-reader.ts';
import { runShard } from './run-shard.ts';
import { RunState } from './run-state.ts';
import { now, type ShardOptions } from './running-shard.ts';

/** The answers that a job which builds alone shares with others: none. */
const noAnswers: SharedAnswers = { solved: new Map(), has: () => false, add: () => {} };

/**
 * Builds or reuses every package of a run in this job: as its only shard, with an exchange in the same process. When a
 * stored result turns out to be gone or damaged, it is built again, and then what needs it.
 * @param slots number of packages built at once
 * @param grow adds what builds revealed to be missing to the toolchain; undefined when it has nothing to add
 * @returns the run at its end: each package has an outcome, and the files of each result are there
 */
export async function runAlone(
  given: BuildContext,
  slots = availableParallelism(),
  build = buildOne,
  grow: (missing: Revealed) => Promise<Tree | undefined> = async () => undefined,
): Promise<RunState> {
  const expected = (name: string) => given.run.seconds.get(name) ?? assumedSeconds;
  const state = new RunState(given, newKnownResults(), expected);
  await state.resolve();
  const reused = [...state.progress.outcomes].flatMap(([name, one]) =>
    one.state === 'reused' ? [name] : [],
  );
  if (reused.length > 0)
    given.log.info(`Reused, nothing that reaches them changed: ${reused.sort().join(', ')}`);
  if (state.progress.ready.size > 0) warnOfUnmet(state);
  const options: ShardOptions = {
    ...{ id: 1, attempt: 1, settings: settingsAlone(slots), started: now(), takes: () => true },
    ...{ peers: { first: 1, last: 1 }, others: undefined, most: 1 },
  };
  do {
    const exchange = inProcessExchange();
    const heartbeats = new HeartbeatReader(state, exchange, options.attempt, noAnswers);
    await runShard({ state, exchange, heartbeats, answers: noAnswers }, options, new Map(), build);
  } while (!(await hasAllFiles(state)) || (await goesOn(state, grow)));
  return state;
}

/** The needs that a run has not met in the end: requirements that nothing provides, and files of stand-ins that are not converted. */
export interface Revealed {
  unmet: readonly Capability[];
  unconverted: readonly string[];
}

/** True if the toolchain has got something that the run lacked: then it goes on with that. */
async function goesOn(
  state: RunState,
  grow: (missing: Revealed) => Promise<Tree | undefined>,
): Promise<boolean> {
  const { graph, names, unconverted } = state.progress;
  const unmet = [...names].flatMap((name) => unmetRequirements(graph, name));
  const missing = {
    unmet: [...new Set(unmet.map(({ capability }) => capability))].sort(order),
    unconverted: [...new Set([...unconverted.values()].flat())].sort(order),
  };
  if (missing.unmet.length + missing.unconverted.length === 0) return false;
  const tree = await grow(missing);
  if (tree === undefined) return false;
  state.replaceTree(tree);
  await state.resolve();
  return true;
}

/** Says which packages will fail whatever is built: their builders need not wait for the end to mend them. */
function warnOfUnmet({ progress, context }: RunState): void {
  const { failures } = context.run;
  const open = [...progress.names].filter((name) => !progress.ready.has(name) && !failures.has(name));
  for (const name of open.sort(order)) {
    const unmet = unmetRequirements(progress.graph, name);
    if (unmet.length > 0) context.log.warn(`${name} cannot be built: ${describeUnmet(unmet, context.tree)}`);
  }
}

/** Returns an exchange for this job alone: it holds the names of artifacts and no files, which nobody reads. */
export function inProcessExchange(): Exchange {
  const artifacts = new Map<string, ArtifactInfo>();
  let lastId = 0;
  return {
    list: async () => [...artifacts.values()],
    find: async (name) => artifacts.get(name),
    create: async (name) => {
      if (artifacts.has(name)) return undefined;
      const artifact = { id: ++lastId, name, createdAt: 0, size: 0 };
      artifacts.set(name, artifact);
      return artifact;
    },
    fetch: async () => false,
    remove: async (name) => void artifacts.delete(name),
  };
}

/** True if the files of every result are there. Damaged results are dropped. */
async function hasAllFiles(state: RunState): Promise<boolean> {
  let isWhole = true;
  for (const outcome of state.progress.outcomes.values()) {
    if (!('result' in outcome)) continue;
    try {
      await openStored(state.context.store, outcome.result);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await state.dropDamaged(error);
      isWhole = false;
    }
  }
  return isWhole;
}
