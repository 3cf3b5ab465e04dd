import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import { heartbeatFile } from '../../../src/shared/shards/protocol/heartbeat.ts';
import { newKnownResults } from '../../../src/shared/shards/protocol/known-results.ts';
import { heartbeatName } from '../../../src/shared/shards/protocol/names.ts';
import type { Exchange } from '../../../src/shared/shards/transport/exchange.ts';
import { HeartbeatReader } from '../../../src/shared/shards/worker/heartbeat-reader.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import { RunState } from '../../../src/shared/shards/worker/run-state.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const names = ['a', 'b', 'c'];
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-run-state-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** The state of a run of three packages after the heartbeat of shard 1 was read. */
async function stateWith(ranOut: { package: string; seconds: number }[]): Promise<RunState> {
  const tree = makeTree({
    specs: names.map((name) => madeUpSpec(name)),
    toolchain: madeUpToolchain(),
    solver: { solve: async () => ({ ok: true, installed: [] }) },
    sources: async () => ({}),
    defines: {},
  });
  const heartbeat = { schema: 'azl/heartbeat', version: 1, shard: 1, attempt: 1, reports: [], ranOut };
  const exchange = {
    list: async () => [{ id: 1, name: heartbeatName(1, 1, 1, 1, true), createdAt: 1, size: 1 }],
    fetch: async (_: unknown, into: string) => {
      await mkdir(into, { recursive: true });
      await writeFile(join(into, heartbeatFile), JSON.stringify(heartbeat));
      return true;
    },
  } as unknown as Exchange;
  const context = {
    tree,
    run: {
      names,
      prebuilt: [],
      rebuild: new Set(),
      failures: new Map(),
      priority: new Map([
        ['a', 900],
        ['b', 100],
        ['c', 100],
      ]),
    },
    inputs: { buildDir: dir, cacheDir: dir },
    store: { get: async () => undefined, latest: async () => undefined },
    log: { warn: () => {} },
    signal: new AbortController().signal,
  } as unknown as BuildContext;
  const state = new RunState(context, newKnownResults(), () => 100);
  await new HeartbeatReader(state, exchange, 1, { has: () => false, add: () => {} }).readAll();
  return state;
}

it('expects of a package what its build ran when it was ended with its shard, and takes it the sooner for that', async () => {
  const before = await stateWith([]);
  expect(before.candidates().map((one) => one.package)).toEqual(['a', 'b', 'c']);
  const state = await stateWith([{ package: 'c', seconds: 1000 }]);
  expect(state.candidates()).toMatchObject([
    { package: 'c', seconds: 1000 },
    { package: 'a', seconds: 100 },
    { package: 'b', seconds: 100 },
  ]);
  state.noteRanOut('c', 500);
  expect(state.expected('c')).toBe(1000);
});

it('says why a package is left that no shard had the time for', async () => {
  const state = await stateWith([{ package: 'c', seconds: 1000 }]);
  expect(outcomesOf(state).get('a')).toEqual({ state: 'left', reason: 'no shard came to it' });
  expect(outcomesOf(state).get('c')).toEqual({
    state: 'left',
    reason: 'its build did not end in the 16:40 that a shard had left, and none with more came',
  });
});
