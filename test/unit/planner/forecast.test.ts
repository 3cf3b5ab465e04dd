import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  criticalPath,
  forecast,
  ranks,
  shardsThatHelp,
  type Task,
} from '../../../src/shared/planner/forecast.ts';

const task = (name: string, seconds: number, ...needs: string[]): Task => ({ name, seconds, needs });

/** Tasks that need only earlier ones. */
const someTasks = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(30), { maxLength: 3 })), {
    maxLength: 30,
  })
  .map((list) =>
    list.map(([seconds, needs], at) =>
      task(`p${at}`, seconds, ...needs.filter((need) => need < at).map((need) => `p${need}`)),
    ),
  );

const diamond = [task('a', 10), task('b', 20, 'a'), task('c', 5, 'a'), task('d', 1, 'b', 'c')];

it('knows the longest chain of a diamond', () => {
  expect(criticalPath(diamond)).toBe(31);
  expect(ranks(diamond)).toEqual(
    new Map([
      ['a', 31],
      ['b', 21],
      ['c', 6],
      ['d', 1],
    ]),
  );
});

it('gives each shard the ready task with the longest chain behind it', () => {
  expect(forecast(diamond, 1)).toBe(36);
  expect(forecast(diamond, 2)).toBe(31);
});

it('wants no more shards than help', () => {
  expect(shardsThatHelp([], 20)).toBe(0);
  expect(shardsThatHelp(diamond, 20)).toBe(2);
  expect(shardsThatHelp([task('a', 1), task('b', 1, 'a'), task('c', 1, 'b')], 20)).toBe(1);
  expect(
    shardsThatHelp(
      Array.from({ length: 9 }, (_, at) => task(`p${at}`, 60)),
      4,
    ),
  ).toBe(3);
});

it('takes what is no task for done', () => {
  expect(forecast([task('a', 10, 'elsewhere')], 1)).toBe(10);
});

it('stays between the bounds of every list schedule', () => {
  fc.assert(
    fc.property(someTasks, fc.integer({ min: 1, max: 8 }), (tasks, shards) => {
      const work = tasks.reduce((sum, { seconds }) => sum + seconds, 0);
      const chain = criticalPath(tasks);
      const length = forecast(tasks, shards);
      expect(length).toBeGreaterThanOrEqual(Math.max(chain, work / shards) - 1e-9);
      expect(length).toBeLessThanOrEqual(work / shards + (1 - 1 / shards) * chain + 1e-9);
    }),
  );
});
