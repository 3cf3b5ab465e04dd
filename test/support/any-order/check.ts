import { expect } from 'vitest';
import type { Solver } from '../../../src/shared/solver/solver.ts';
import { memoryStore } from '../made-up-engine.ts';
import { jobOf } from './jobs.ts';
import { buildRest, endsOf, planOf, type RunOptions, readAll, simulateRun, treeOf } from './simulate.ts';
import type { RandomPackage } from './trees.ts';

type AnySolver = Pick<Solver, 'solve'>;
type Seeds = Pick<RunOptions, 'shards' | 'seed'>;

/** How a tree ends when one job builds it, the first package by name first. */
export async function endsAlone(packages: readonly RandomPackage[], solver: AnySolver) {
  const store = memoryStore();
  const made = treeOf(packages, solver);
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
  { shards, seed }: Seeds,
  solver: AnySolver,
): Promise<void> {
  const { ends, store, made, state } = await endsAlone(packages, solver);
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

  const plan = await planOf(made, store);
  const built = [...state.progress.outcomes].flatMap(([name, one]) => ('result' in one ? [name] : []));
  const planned = built.map((name) => [name, plan.get(name)?.state]);
  expect(planned, 'a plan of the finished tree').toEqual(built.map((name) => [name, 'reuse']));
}

/** Checks that jobs that read the same reports find the same outcomes, whatever they read first. */
export async function checkAnyReading(
  packages: readonly RandomPackage[],
  { shards, seed }: Seeds,
  solver: AnySolver,
): Promise<void> {
  const made = treeOf(packages, solver);
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
