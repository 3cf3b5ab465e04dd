import { expect, it } from 'vitest';
import { parseStat, treesOf } from '../../../src/shared/sandbox/process-tree.ts';

const stat = (name: string, parent: number) =>
  `7 (${name}) S ${parent} 7 7 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 3 0 100 4096000 55 18446744073709551615 1 1`;

it.each(['sh', 'a b', ') S 1 (', ''])('a process named %j is read as it is', (name) => {
  expect(parseStat(stat(name, 4))).toEqual({ pid: 7, parent: 4, threads: 3, pages: 55 });
});

it.each(['', 'no line', '7 (sh) S'])('%j is no line of a process', (text) => {
  expect(parseStat(text)).toBeUndefined();
});

const one = (pid: number, parent: number, threads = 1, pages = 10) => ({ pid, parent, threads, pages });

it('each tree counts its own processes, however deep, and nobody else', () => {
  const processes = [one(1, 0), one(10, 1), one(11, 10, 4), one(12, 11), one(20, 1), one(21, 20), one(30, 1)];
  const { trees, rootOf } = treesOf(processes, [10, 20]);
  expect(trees.get(10)).toEqual({ pids: [10, 11, 12], processes: 6, pages: 30 });
  expect(trees.get(20)).toEqual({ pids: [20, 21], processes: 2, pages: 20 });
  expect([...rootOf.keys()]).toEqual([10, 11, 12, 20, 21]);
});

it('a process whose parent has ended between two reads stays in its tree, and takes its children along', () => {
  const before = new Map([[50, 10]]);
  const { trees } = treesOf([one(10, 1), one(50, 49), one(51, 50), one(60, 59)], [10], before);
  expect(trees.get(10)?.pids).toEqual([10, 50, 51]);
});

it('a circle of numbers that were used again ends', () => {
  expect(treesOf([one(10, 1), one(70, 71), one(71, 70)], [10]).trees.get(10)?.pids).toEqual([10]);
});
