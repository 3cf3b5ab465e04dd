import { availableParallelism } from 'node:os';
import type { BuildContext } from '../../builder/build-context.ts';
import { buildOne } from '../../builder/build-one.ts';
import { assumedSeconds } from '../../planner/priority.ts';
import { DamagedResultError, openStored } from '../../store/store.ts';
import { newKnownResults } from '../protocol/known-results.ts';
import { settingsAlone } from '../scheduler/settings.ts';
import { inProcessExchange } from '../transport/in-process-exchange.ts';
import { HeartbeatReader } from './heartbeat-reader.ts';
import { runShard } from './run-shard.ts';
import { RunState } from './run-state.ts';
import { now } from './running-shard.ts';

const id = 1;
const attempt = 1;

/**
 * Builds or reuses every package of a run in this job: as its only shard, with an exchange in the same process. When a
 * stored result turns out to be gone or damaged, it is built again, and then what needs it.
 * @param slots number of packages built at once
 * @param build builds one package
 * @returns the run at its end: each package has an outcome, and the files of each result are there
 */
export async function runAlone(
  given: BuildContext,
  slots = availableParallelism(),
  build = buildOne,
): Promise<RunState> {
  const known = newKnownResults();
  const drop = async (key: string) => {
    known.results.delete(key);
    await given.store.drop(key);
  };
  const expected = (name: string) => given.run.seconds.get(name) ?? assumedSeconds;
  const state = new RunState({ ...given, store: { ...given.store, drop } }, known, expected);
  await state.resolve();
  logReused(state);
  const matrix = { peers: { first: id, last: id }, others: undefined, most: 1, takes: () => true };
  const options = { id, attempt, settings: settingsAlone(slots), started: now(), ...matrix };
  do {
    const exchange = inProcessExchange();
    const heartbeats = new HeartbeatReader(state, exchange, attempt);
    await runShard({ state, exchange, heartbeats }, options, new Map(), build);
  } while (!(await hasAllFiles(state)));
  return state;
}

function logReused({ progress, context }: RunState): void {
  const reused = [...progress.outcomes].flatMap(([name, { state }]) => (state === 'reused' ? [name] : []));
  if (reused.length > 0)
    context.log.info(`Reused, nothing that reaches them changed: ${reused.sort().join(', ')}`);
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
      await state.dropDamaged(error.key, `${error.message}. It is built again.`);
      isWhole = false;
    }
  }
  return isWhole;
}
