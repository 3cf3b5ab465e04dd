import { join } from 'node:path';
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
import { rememberingSolver } from '../../../src/shared/solver/remembering-solver.ts';
import { openAnswers } from '../../../src/shared/solver/saved-answers.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import type { SolverRequest } from '../../../src/shared/solver/solver.ts';
import { newIndex } from '../../../src/shared/store/store-index.ts';
import { exchangeInMemory } from '../../support/exchange-in-memory.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const folder = temporaryFolders();
const specs = [
  madeUpSpec('a'),
  madeUpSpec('b', ['a']),
  madeUpSpec('c', ['b']),
  madeUpSpec('d', ['a', 'base']),
];

/** A shard of a run of {@link specs}, whose solver is `ask`. Its builds do nothing. */
async function joinRun(
  id: number,
  exchange: Exchange,
  ask: (request: SolverRequest) => ReturnType<typeof solve>,
) {
  const dir = folder();
  const rpms = [base, essentials].map((rpm) => ({ ...rpm, outputDigest: textDigest(rpm.name) }));
  const toolchain = madeUpToolchain(rpms);
  const answers = await openAnswers(join(dir, 'solver.json'), true, newIndex());
  const solver = rememberingSolver(toolchain, async () => ({ solve: ask, close: async () => {} }), answers);
  const store = memoryStore();
  const known = newKnownResults();
  const log = { info: () => {}, warn: () => {}, error: () => {}, progress: () => {} };
  const context = {
    tree: makeTree({ specs, toolchain, solver, sources: async () => ({}), defines: {} }),
    run: {
      names: specs.map((spec) => spec.package),
      prebuilt: [],
      rebuild: new Set(),
      failures: new Map(),
      seconds: new Map(),
      priority: new Map(),
    },
    inputs: { buildDir: dir, cacheDir: dir },
    store: { ...store, get: async (key: string) => known.results.get(key)?.result },
    ...{ log, signal: new AbortController().signal },
  } as unknown as BuildContext;
  const build: typeof buildOne = async (_, name, { build: { key, components }, reason }) => {
    const facts = {
      outputDigest: textDigest(`${name} by ${key}`),
      shipDigest: textDigest(`file of ${name}`),
    };
    const result = { ...madeUpResult(name, [madeUpRpm(name, facts)], key), components };
    result.srpm.shipDigest = textDigest(`source of ${name}`);
    return { state: 'built', reason, result };
  };
  const state = new RunState(context, known, () => 1);
  const heartbeats = new HeartbeatReader(state, exchange, 1, answers);
  const options: ShardOptions = {
    ...{ id, attempt: 1, started: now(), takes: () => true, others: undefined, most: 2 },
    ...{ peers: { first: 1, last: 2 } },
    settings: { ...defaultSettings, heartbeatInterval: 0.02, pollInterval: 0.01, batchDelay: 0 },
  };
  return {
    state,
    /** Reads what others said, then builds what is left. */
    run: async () => {
      await heartbeats.readAll();
      await runShard({ state, exchange, heartbeats, answers }, options, new Map(), build);
    },
  };
}

it('are read by the shards that come later, whose solver is not asked again', async () => {
  const { exchange } = exchangeInMemory();
  const asked: SolverRequest[] = [];
  const first = await joinRun(1, exchange, async (request) => {
    asked.push(request);
    return await solve(request);
  });
  await first.run();
  expect(asked).toHaveLength(specs.length);
  const second = await joinRun(2, exchange, async () => expect.unreachable('the solver was asked'));
  await second.run();
  const outcomes = [...second.state.progress.outcomes.values()].map(({ state }) => state);
  expect(outcomes).toEqual(specs.map(() => 'reused'));
});

it('may come late: a shard sends heartbeats while its solver works', async () => {
  const { exchange, created } = exchangeInMemory();
  const heartbeats = () => created.filter((name) => name.startsWith('azl-heartbeat')).length;
  const first = await joinRun(1, exchange, async (request) => {
    const before = heartbeats();
    // Only a heartbeat ends this. The first question comes before the shard has a claim, so without one.
    while (request.install.includes('a') && heartbeats() < before + 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return await solve(request);
  });
  await first.run();
  expect(first.state.progress.outcomes.size).toBe(specs.length);
});
