import { describe, expect, it } from 'vitest';
import { matrixOf, shardNumbers, sizeRun } from '../../../src/shared/jobs/size-run.ts';
import type { PlanInputs } from '../../../src/shared/model/inputs.ts';
import type { PackagePlan } from '../../../src/shared/model/outcome.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';

const names = ['a', 'b', 'c', 'd'];
const tree = makeTree({
  specs: names.map((name) => madeUpSpec(name)),
  toolchain: madeUpToolchain(),
  solver: { solve: async () => ({ ok: true, installed: [] }) },
  sources: async () => ({}),
  defines: {},
});
const seconds = new Map(names.map((name) => [name, 1000]));
const build = { state: 'build', reason: '' } as PackagePlan;
const reuse = { state: 'reuse', reason: '' } as PackagePlan;
const size = (plan: Record<string, PackagePlan>, inputs: Partial<PlanInputs> = {}) => {
  const given = { heavyPackages: [], maxShards: 20, timeBudget: 30, ...inputs } as unknown as PlanInputs;
  const { length: _, ...rest } = sizeRun(
    new Map(Object.entries(plan)),
    { tree, run: { seconds, names } },
    given,
  );
  return rest;
};
const all = Object.fromEntries(names.map((name) => [name, build]));

describe('the jobs of a run', () => {
  it('are as many as help', () => {
    const none = { heavy: [], heavyShards: 0, heavyEntries: 0, retentionDays: 2 };
    expect(size(all)).toEqual({ shards: 4, entries: 6, ...none });
    expect(size(all, { maxShards: 2 })).toEqual({ shards: 2, entries: 6, ...none });
    expect(size({ a: reuse })).toEqual({ shards: 0, entries: 0, ...none, retentionDays: 1 });
  });

  it('are enough also where no package was ever built, of either kind', () => {
    const given = { heavyPackages: ['a'], maxShards: 1, timeBudget: 30, heavyTimeBudget: 120 };
    const plan = new Map(Object.entries(all));
    const here = { tree, run: { seconds: new Map<string, number>(), names } };
    const found = sizeRun(plan, here, given as unknown as PlanInputs);
    // Three of 450 seconds, a quarter of the budget, beside one of ten minutes.
    expect(found).toMatchObject({ shards: 1, entries: 3, heavyShards: 1, heavyEntries: 3 });
    expect(found.length).toBeGreaterThan(900);
  });

  it('are of two kinds where some packages need more', () => {
    const two = size(all, { heavyPackages: ['a'], heavyTimeBudget: 300 });
    const heavy = { heavy: ['a'], heavyShards: 1, heavyEntries: 3, retentionDays: 2 };
    expect(two).toEqual({ shards: 3, entries: 5, ...heavy });
    expect(shardNumbers(two)).toEqual({ ordinary: [1, 2, 3, 4, 5], heavy: [6, 7, 8] });
    expect(matrixOf(two, 5)).toMatchObject({
      peers: { first: 1, last: 5 },
      others: { first: 6, last: 8 },
      most: 3,
    });
    expect(matrixOf(two, 6)).toMatchObject({
      peers: { first: 6, last: 8 },
      others: { first: 1, last: 5 },
      most: 1,
    });
    expect(['a', 'b'].map(matrixOf(two, 5).takes)).toEqual([false, true]);
    expect(['a', 'b'].map(matrixOf(two, 6).takes)).toEqual([true, false]);
  });

  it('are given as many days for what they exchange as their entries can last, and one', () => {
    const days = (inputs: Partial<PlanInputs>) => size(all, inputs).retentionDays;
    expect(days({ maxShards: 2 })).toBe(2);
    expect(days({ maxShards: 1, timeBudget: 20 * 60 })).toBe(1 + Math.ceil((3 * 20) / 24));
    expect(days({ heavyPackages: ['a'], heavyTimeBudget: 40 * 60 })).toBe(1 + Math.ceil((3 * 40) / 24));
  });

  it('are of one kind where the others are reused', () => {
    const kinds = (plan: Record<string, PackagePlan>) => {
      const { shards, heavyShards } = size(plan, { heavyPackages: ['a', 'b'] });
      return [shards, heavyShards];
    };
    expect(kinds({ a: build, c: reuse })).toEqual([0, 1]);
    expect(kinds({ a: reuse, c: build })).toEqual([1, 0]);
  });

  it('take all where the other kind has none: what the store lost has to be built by somebody', () => {
    const one = size({ a: reuse, c: build }, { heavyPackages: ['a'] });
    expect(matrixOf(one, 1).others).toBeUndefined();
    expect(matrixOf(one, 1).takes('a')).toBe(true);
  });

  it('are refused for a heavy package that is none', () => {
    expect(() => size(all, { heavyPackages: ['e'] })).toThrow(/Input 'heavy-packages' names 'e'/);
  });
});
