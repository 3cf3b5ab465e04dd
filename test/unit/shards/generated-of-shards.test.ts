import { expect, it } from 'vitest';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import type { buildOne } from '../../../src/shared/builder/build-one.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { newKnownResults } from '../../../src/shared/shards/protocol/known-results.ts';
import { defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';
import type { Exchange } from '../../../src/shared/shards/transport/exchange.ts';
import { HeartbeatReader } from '../../../src/shared/shards/worker/heartbeat-reader.ts';
import { runShard } from '../../../src/shared/shards/worker/run-shard.ts';
import { RunState } from '../../../src/shared/shards/worker/run-state.ts';
import { now, type ShardOptions } from '../../../src/shared/shards/worker/running-shard.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { exchangeInMemory } from '../../support/exchange-in-memory.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const folder = temporaryFolders();

/** app's section asks for lib and, when lib is there, for what only the tree tells. */
const specs = [{ ...madeUpSpec('app'), generates: true }, madeUpSpec('lib'), madeUpSpec('more', ['lib'])];

/** A shard of a run of {@link specs}. It notes the rounds that it runs and the packages that it builds. */
function joinRun(id: number, exchange: Exchange, peers: number) {
  const dir = folder();
  const toolchain = madeUpToolchain(
    [base, essentials].map((rpm) => ({ ...rpm, outputDigest: textDigest(rpm.name) })),
  );
  const known = newKnownResults();
  const log = { info: () => {}, warn: () => {}, error: () => {}, progress: () => {} };
  const context = {
    tree: makeTree({ specs, toolchain, solver: { solve }, sources: async () => ({}), defines: {} }),
    run: {
      ...{ names: specs.map((spec) => spec.package), rebuild: new Set() },
      ...{ seconds: new Map(), priority: new Map(), failures: new Map() },
      prebuilt: [],
    },
    inputs: { buildDir: dir, cacheDir: dir },
    store: { ...memoryStore(), get: async (key: string) => known.results.get(key)?.result },
    ...{ log, signal: new AbortController().signal },
  } as unknown as BuildContext;
  const done: string[] = [];
  const build: typeof buildOne = async (
    _,
    name,
    { build: { key, components, installed, isRound }, reason },
  ) => {
    // The others get their turn.
    await new Promise((resolve) => setTimeout(resolve, 2));
    done.push(isRound === true ? `round of ${name}` : name);
    const hasLib = installed.some(({ file }) => file.startsWith('lib-'));
    if (isRound === true) return { state: 'round', named: hasLib ? ['lib', 'more'] : ['lib'] };
    const facts = {
      outputDigest: textDigest(`${name} by ${key}`),
      shipDigest: textDigest(`file of ${name}`),
    };
    const result = { ...madeUpResult(name, [madeUpRpm(name, facts)], key), components };
    result.srpm.shipDigest = textDigest(`source of ${name}`);
    return { state: 'built', reason, result };
  };
  const state = new RunState(context, known, () => 1);
  const answers = { solved: new Map(), has: () => false, add: () => {} };
  const heartbeats = new HeartbeatReader(state, exchange, 1, answers);
  const options: ShardOptions = {
    ...{ id, attempt: 1, started: now(), takes: () => true, others: undefined, most: peers },
    ...{ peers: { first: 1, last: peers } },
    settings: { ...defaultSettings, heartbeatInterval: 0.02, pollInterval: 0.01, batchDelay: 0, slots: 1 },
  };
  const run = async () => {
    await heartbeats.readAll();
    await runShard({ state, exchange, heartbeats, answers }, options, new Map(), build);
  };
  /** Of what it knows to be built: what it would do next may be a run of the section. */
  const keys = () =>
    Object.fromEntries(
      [...state.progress.outcomes].flatMap(([name, one]) =>
        'result' in one ? [[name, one.result.key]] : [],
      ),
    );
  return { state, done, run, keys };
}

const states = ({ state }: ReturnType<typeof joinRun>) =>
  [...state.progress.outcomes.values()].map((one) => one.state);

it('one shard runs the section until it names nothing new, and builds the package last', async () => {
  const alone = joinRun(1, exchangeInMemory().exchange, 1);
  await alone.run();
  expect(alone.done.filter((one) => one === 'round of app')).toHaveLength(3);
  expect(alone.done.at(-1)).toBe('app');
  expect(states(alone)).toEqual(['built', 'built', 'built']);
});

it('a shard that comes later runs no section again, and comes to the same keys', async () => {
  const { exchange } = exchangeInMemory();
  const first = joinRun(1, exchange, 2);
  await first.run();
  const second = joinRun(2, exchange, 2);
  await second.run();
  expect(second.done).toEqual([]);
  expect(second.keys()).toEqual(first.keys());
  expect(states(second)).toEqual(['reused', 'reused', 'reused']);
});

it('three shards at once run each section once under its key, and come to the keys of one', async () => {
  const alone = joinRun(1, exchangeInMemory().exchange, 1);
  await alone.run();
  const { exchange } = exchangeInMemory();
  const shards = [1, 2, 3].map((id) => joinRun(id, exchange, 3));
  await Promise.all(shards.map((one) => one.run()));
  const done = shards.flatMap((one) => one.done).sort();
  expect(done).toEqual(['app', 'lib', 'more', 'round of app', 'round of app', 'round of app']);
  // A shard may end before the last build of another one.
  for (const one of shards) expect(alone.keys()).toMatchObject(one.keys());
  expect(Object.assign({}, ...shards.map((one) => one.keys()))).toEqual(alone.keys());
});
