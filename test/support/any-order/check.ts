import { expect } from 'vitest';
import { type ProviderPolicy, plainPolicy } from '../../../src/shared/graph/graph.ts';
import { pointersOf } from '../../../src/shared/planner/pointers.ts';
import type { Solver } from '../../../src/shared/solver/solver.ts';
import type { Store } from '../../../src/shared/store/store.ts';
import { memoryStore } from '../made-up-engine.ts';
import { jobOf } from './jobs.ts';
import {
  buildRest,
  endsOf,
  type MadeTree,
  planOf,
  type RunOptions,
  readAll,
  simulateRun,
  treeOf,
} from './simulate.ts';
import type { RandomPackage } from './trees.ts';

type AnySolver = Pick<Solver, 'solve'>;
/** A run of a tree: its inputs, and all that is left to chance. */
export type Run = Pick<RunOptions, 'shards' | 'seed'> & { policy: ProviderPolicy };

/** How a tree ends when one job builds it, the first package by name first. */
export async function endsAlone(
  packages: readonly RandomPackage[],
  solver: AnySolver,
  policy: ProviderPolicy = plainPolicy,
) {
  const store = memoryStore();
  const made = treeOf(packages, solver, policy);
  const state = jobOf(made.tree, store);
  await buildRest(made, state, store);
  return { ends: endsOf(state), store, made, state };
}

/**
 * Checks that a tree ends the same whoever builds what when, and that a plan of the finished tree reuses everything that
 * was built.
 */
export async function checkAnyOrder(
  packages: readonly RandomPackage[],
  { shards, seed, policy }: Run,
  solver: AnySolver,
): Promise<void> {
  const { ends, store, made, state } = await endsAlone(packages, solver, policy);
  expect(Object.values(ends).filter((end) => end.startsWith('left'))).toEqual([]);

  const other = jobOf(made.tree, memoryStore());
  await buildRest(made, other, memoryStore(), seed);
  expect(endsOf(other), 'built in another order').toEqual(ends);

  for (const trouble of ['none', 'failures'] as const) {
    const reports = await simulateRun(made, { shards, seed, trouble });
    // What a runner's trouble failed, a job that knows nothing of it builds after all.
    const last = jobOf(made.tree, memoryStore());
    await readAll(
      last,
      reports.filter((one) => one.state === 'built'),
      seed,
    );
    const saved = memoryStore();
    await buildRest(made, last, saved, seed);
    const merged = jobOf(made.tree, saved);
    await readAll(merged, reports, seed + 1);
    await buildRest(made, merged, saved, seed);
    expect(endsOf(merged), `built by ${shards} shards, trouble: ${trouble}`).toEqual(ends);
  }

  await checkEarlyFailures(made, store, ends);
  await checkSecondRun(made, store, ends);
  const results = [...state.progress.outcomes.values()].flatMap((one) => ('result' in one ? one.result : []));
  const pointers = pointersOf(made.tree.declared, results);
  await checkSecondRun(treeOf(packages, solver, { ...policy, pointers }), store, ends);
}

/** Checks that no plan, whatever results it has, gives up a package that is built in the end. */
async function checkEarlyFailures(made: MadeTree, store: Store, ends: Record<string, string>): Promise<void> {
  for (const part of [0, 1, 2]) {
    const get: Store['get'] = async (key, name) =>
      Number.parseInt(key.slice(0, 8), 16) % 3 === part ? undefined : await store.get(key, name);
    const plan = await planOf(made, { ...store, get, search: get });
    const given = [...plan].flatMap(([name, one]) => (one.state === 'failed' ? [name] : []));
    expect(
      given.filter((name) => ends[name]?.startsWith('key')),
      'given up by a plan',
    ).toEqual([]);
  }
}

/**
 * Checks that a second run reuses all that was built, with what it knows by the results of the first. Only where the first
 * one had failures, its plan may wait for these.
 */
async function checkSecondRun(made: MadeTree, store: Store, ends: Record<string, string>): Promise<void> {
  const hasKey = (of: Record<string, string>, name: string) => of[name]?.startsWith('key') === true;
  const built = Object.keys(ends).filter((name) => hasKey(ends, name));
  const plan = await planOf(made, store);
  const isSettled = (name: string, seen: readonly string[] = []): boolean => {
    const one = plan.get(name);
    if (!built.includes(name) || one?.state === 'reuse' || seen.includes(name)) return true;
    return one?.state === 'maybe' && one.waitsFor.every((other) => isSettled(other, [...seen, name]));
  };
  const hasFailures = built.length < Object.keys(ends).length;
  const planned = built.map((name) => [name, hasFailures ? isSettled(name) : plan.get(name)?.state]);
  const expected = built.map((name) => [name, hasFailures ? true : 'reuse']);
  expect(planned, 'a plan of the finished tree').toEqual(expected);

  const again: string[] = [];
  const put: Store['put'] = async (result, ...rest) => {
    again.push(result.package);
    return await store.put(result, ...rest);
  };
  const state = jobOf(made.tree, { ...store, put });
  await buildRest(made, state, { ...store, put });
  const second = endsOf(state);
  // What failed before, and is built now by what the first run showed, may change what others are built with.
  if (Object.keys(second).some((name) => !built.includes(name) && hasKey(second, name))) return;
  const builtAgain = again.filter((name) => built.includes(name));
  expect(builtAgain, 'built again by a second run').toEqual([]);
  const keys = (of: Record<string, string>) => built.map((name) => [name, of[name]]);
  expect(keys(second), 'a second run').toEqual(keys(ends));
}

/** Checks that jobs that read the same reports find the same outcomes, whatever they read first. */
export async function checkAnyReading(
  packages: readonly RandomPackage[],
  { shards, seed, policy }: Run,
  solver: AnySolver,
): Promise<void> {
  const made = treeOf(packages, solver, policy);
  for (const trouble of ['failures', 'differing builds'] as const) {
    const reports = await simulateRun(made, { shards, seed, trouble });
    const ends = [];
    for (const reader of [1, 2, 3]) {
      const state = jobOf(made.tree, memoryStore());
      await readAll(state, reports, seed + reader);
      ends.push(endsOf(state));
    }
    expect(ends[1], `trouble: ${trouble}`).toEqual(ends[0]);
    expect(ends[2], `trouble: ${trouble}`).toEqual(ends[0]);
  }
}
