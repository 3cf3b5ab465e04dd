import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { newAllocation, type StorageRequest } from '../../../src/shared/store/allocation.ts';
import { bytesStored } from '../../../src/shared/store/budget.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';

/** A result of `main` bytes for builds and `rest` for people. */
const of = (name: string, main: number, rest: number, seconds = 1): Result => {
  const rpms = [madeUpRpm(name, { size: main }), madeUpRpm(`${name}-debuginfo`, { size: rest })];
  const plain = madeUpResult(name, rpms);
  return { ...plain, seconds, srpm: { ...plain.srpm, size: 0 } };
};
const nothing: StorageRequest = { staying: [], moving: [], unknown: 0, spent: 0, writers: 1 };
const keptOfAll = (results: readonly Result[], demand: Partial<StorageRequest>, budget: number) => {
  const keep = newAllocation({ ...nothing, ...demand }, budget);
  return results.map(keep).join(' ');
};
const tens = ['a', 'b', 'c', 'd'].map((name) => of(name, 5, 5));

describe('the budget of a run', () => {
  it('holds all of a first run where that fits into half of it', () => {
    expect(keptOfAll(tens, { unknown: 4 }, 80)).toBe('whole whole whole whole');
  });

  it('holds of a first run what comes first as a whole, then main files, then nothing', () => {
    expect(keptOfAll(tens, { unknown: 4 }, 20)).toBe('whole main main nothing');
    expect(keptOfAll(tens, { unknown: 4 }, 0)).toBe('nothing nothing nothing nothing');
  });

  it('is shared by the jobs that save, less what others of the run have spent', () => {
    expect(keptOfAll(tens, { unknown: 4, writers: 2 }, 40)).toBe('whole main main nothing');
    expect(keptOfAll(tens, { unknown: 4, writers: 2, spent: 30 }, 40)).toBe('main nothing nothing nothing');
    expect(keptOfAll(tens, { unknown: 4, spent: 50 }, 40)).toBe('nothing nothing nothing nothing');
  });

  it('has room only where nothing stays', () => {
    const staying = [{ result: of('x', 10, 10), kept: 'whole' as const }];
    expect(keptOfAll(tens, { unknown: 4, staying }, 40)).toBe('whole main main nothing');
    // What was gone takes its own place.
    expect(keptOfAll([of('x', 10, 10)], { staying }, 20)).toBe('whole');
  });

  it('goes by size where that is known, and leaves the others their part', () => {
    const moving = [of('x', 5, 5, 9), of('y', 5, 5, 1)];
    expect(keptOfAll(moving, { moving }, 15)).toBe('whole main');
    expect(keptOfAll([...moving, ...tens], { moving, unknown: 2 }, 30)).toBe(
      'whole main main main main nothing',
    );
  });

  it('is not outgrown by builds that all take longer than before', () => {
    const moving = [of('x', 5, 5, 9), of('y', 5, 5, 1), of('z', 5, 5, 1)];
    const slower = moving.map((one) => ({ ...one, seconds: one.seconds * 20 }));
    expect(keptOfAll(slower, { moving }, 20)).toBe(keptOfAll(moving, { moving }, 20));
  });

  it('is never passed by all jobs of a run together', () => {
    const row = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(9));
    const rows = fc.array(row, { maxLength: 8 });
    fc.assert(
      fc.property(
        rows,
        rows,
        fc.array(rows, { minLength: 1, maxLength: 4 }),
        fc.nat(1500),
        (stay, move, jobs, budget) => {
          const made = (kind: string, all: typeof stay) =>
            all.map(([main, rest, seconds], at) => of(`${kind}${at}`, main, rest, seconds));
          const staying = made('stay', stay).map((result) => ({ result, kept: 'main' as const }));
          const moving = made('move', move);
          const fresh = jobs.map((all, at) => made(`job${at}-`, all));
          const demand = { staying, moving, unknown: fresh.flat().length, spent: 0, writers: jobs.length };
          const sum = (results: readonly Result[]) => {
            const keep = newAllocation(demand, budget);
            return results.reduce((bytes, one) => bytes + bytesStored(one, keep(one)), 0);
          };
          const stayed = staying.reduce((bytes, one) => bytes + bytesStored(one.result, one.kept), 0);
          const added = sum(moving) + fresh.reduce((bytes, job) => bytes + sum(job), 0);
          expect(added).toBeLessThanOrEqual(Math.max(0, budget - stayed));
        },
      ),
    );
  });
});
