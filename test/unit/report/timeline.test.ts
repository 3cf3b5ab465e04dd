import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundOf, byShard, type Span, timeBars } from '../../../src/shared/report/timeline.ts';

const span = (name: string, shard: number, started: number, ended: number, failed = false): Span => ({
  ...{ package: name, shard, started: 1_796_000_000 + started, ended: 1_796_000_000 + ended, failed },
});

describe('the time line', () => {
  it('shows when each shard built, and what failed', () => {
    const spans = [
      span('late', 2, 30, 60, true),
      span('first', 1, 0, 20),
      span('second', 1, 20, 40),
      span('quick', 10, 59.9, 60),
    ];
    expect(timeBars(spans, 80)).toEqual([
      `         0:00${'1:00'.padStart(56)}`,
      `shard 1  ${'█'.repeat(20)}${'▓'.repeat(20)}${'·'.repeat(20)}`,
      `shard 2  ${'·'.repeat(30)}${'✗'.repeat(30)}`,
      `shard 10 ${'·'.repeat(59)}█`,
    ]);
  });

  it('is cut, and says so', () => {
    const spans = Array.from({ length: 5 }, (_, at) => span('a', at + 1, at, at + 1));
    expect(timeBars(spans, 3).slice(3)).toEqual([expect.stringMatching(/^shard 3/), 'and 2 more']);
    expect(timeBars([], 3)).toEqual([]);
  });

  const spans = fc.array(
    fc.record({ shard: fc.integer({ min: 1, max: 5 }), at: fc.nat(1000), long: fc.nat(100) }),
    { minLength: 1, maxLength: 30 },
  );
  it('has the same width in each line, whatever the times', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const made = all.map(({ shard, at, long }, n) => span(`p${n}`, shard, at, at + long));
        const widths = timeBars(made, 80).map((line) => [...line].length);
        expect(new Set(widths)).toEqual(new Set([68]));
        expect(byShard(made).flatMap(([, own]) => own)).toHaveLength(made.length);
      }),
    );
  });

  it('is never better than its bound, when needs were kept and no clock was wrong', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (long, shards) => {
          const free = Array.from({ length: shards }, () => 0);
          const made = long.map((seconds, n) => {
            const shard = free.indexOf(Math.min(...free));
            const at = free[shard] as number;
            free[shard] = at + seconds;
            return span(`p${n}`, shard + 1, at, at + seconds);
          });
          const bound = boundOf(made, () => [], shards);
          expect(bound?.makespan).toBeGreaterThanOrEqual((bound?.least ?? 0) - 1e-6);
        },
      ),
    );
  });
});

describe('how close a run came to its bound', () => {
  const needs = (name: string) => ({ second: ['first', 'absent'], third: ['second'] })[name] ?? [];

  it('is by the longest chain where that is longer', () => {
    const spans = [span('first', 1, 0, 10), span('second', 2, 12, 30), span('other', 1, 10, 14)];
    expect(boundOf(spans, needs, 4)).toEqual({ makespan: 30, least: 28, work: 16, chain: 28, slots: 2 });
  });

  it('is by the work where that is more, over the shards that ran at once, and their builds', () => {
    const spans = [span('a', 1, 0, 10), span('b', 1, 0, 10), span('c', 2, 0, 10), span('d', 3, 10, 20)];
    expect(boundOf(spans, () => [], 2)).toEqual({ makespan: 20, least: 10, work: 10, chain: 10, slots: 4 });
    expect(boundOf([], needs, 2)).toBeUndefined();
  });
});
