import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuildContext } from '../../../src/shared/builder/build-context.ts';
import { outcomesOf } from '../../../src/shared/jobs/merged-run.ts';
import { heartbeatFile } from '../../../src/shared/shards/protocol/heartbeat.ts';
import { heartbeatName } from '../../../src/shared/shards/protocol/names.ts';
import type { Exchange } from '../../../src/shared/shards/transport/exchange.ts';
import { RunView } from '../../../src/shared/shards/worker/run-view.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const names = ['a', 'b', 'c'];
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azl-run-view-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** A run of three packages, as a job sees it after it read the sign of shard 1. */
async function viewWith(ranOut: { package: string; seconds: number }[]): Promise<RunView> {
  const tree = makeTree({
    specs: names.map((name) => madeUpSpec(name)),
    toolchain: madeUpToolchain(),
    solver: { solve: async () => ({ ok: true, installed: [] }) },
    sources: async () => ({}),
    defines: {},
  });
  const sign = { schema: 'azl/alive', version: 1, shard: 1, attempt: 1, told: [], ranOut };
  const exchange = {
    list: async () => [{ id: 1, name: heartbeatName(1, 1, 1, 1, true), createdAt: 1, size: 1 }],
    fetch: async (_: unknown, into: string) => {
      await mkdir(into, { recursive: true });
      await writeFile(join(into, heartbeatFile), JSON.stringify(sign));
      return true;
    },
  } as unknown as Exchange;
  const context = {
    tree,
    run: {
      names,
      rebuild: new Set(),
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
  const view = new RunView(context, exchange, 1, () => 100);
  await view.readAll();
  return view;
}

it('expects of a package what its build ran when it was ended with its shard, and takes it the sooner for that', async () => {
  const before = await viewWith([]);
  expect(before.candidates().map((one) => one.package)).toEqual(['a', 'b', 'c']);
  const view = await viewWith([{ package: 'c', seconds: 1000 }]);
  expect(view.candidates()).toMatchObject([
    { package: 'c', seconds: 1000 },
    { package: 'a', seconds: 100 },
    { package: 'b', seconds: 100 },
  ]);
  view.ranOut('c', 500);
  expect(view.expected('c')).toBe(1000);
});

it('says why a package is left that no shard had the time for', async () => {
  const view = await viewWith([{ package: 'c', seconds: 1000 }]);
  expect(outcomesOf(view).get('a')).toEqual({ state: 'left', reason: 'no shard came to it' });
  expect(outcomesOf(view).get('c')).toEqual({
    state: 'left',
    reason: 'its build did not end in the 16:40 that a shard had left, and none with more came',
  });
});
