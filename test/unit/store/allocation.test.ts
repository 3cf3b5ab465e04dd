import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { bytesStored, newAllocation, type StorageRequest } from '../../../src/shared/store/allocation.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';

/** A result of `main` bytes for builds and `rest` bytes of debuginfo. */
const of = (name: string, main: number, rest: number, seconds = 1): Result => {
  const rpms = [madeUpRpm(name, { size: main }), madeUpRpm(`${name}-debuginfo`, { size: rest })];
  const plain = madeUpResult(name, rpms);
  return { ...plain, seconds, srpm: { ...plain.srpm, size: 0 } };
};
const nothing: StorageRequest = { staying: [], moving: [], unknown: 0, spent: 0, writers: 1 };
const partsOfAll = (results: readonly Result[], request: Partial<StorageRequest>, budget: number) => {
  const partsOf = newAllocation({ ...nothing, ...request }, budget);
  return results.map(partsOf).join(' ');
};
const tens = ['a', 'b', 'c', 'd'].map((name) => of(name, 5, 5));

describe('the budget of a run', () => {
  it('holds all of a first run where that fits into half of it', () => {
    expect(partsOfAll(tens, { unknown: 4 }, 80)).toBe('full full full full');
  });

  it('holds of a first run what comes first in full, then without debuginfo, then none', () => {
    expect(partsOfAll(tens, { unknown: 4 }, 20)).toBe('full without-debug without-debug none');
    expect(partsOfAll(tens, { unknown: 4 }, 0)).toBe('none none none none');
  });

  it('is shared by the jobs that save, less what others of the run have spent', () => {
    expect(partsOfAll(tens, { unknown: 4, writers: 2 }, 40)).toBe('full without-debug without-debug none');
    expect(partsOfAll(tens, { unknown: 4, writers: 2, spent: 30 }, 40)).toBe('without-debug none none none');
    expect(partsOfAll(tens, { unknown: 4, spent: 50 }, 40)).toBe('none none none none');
  });

  it('has room only where nothing stays', () => {
    const staying = [{ result: of('x', 10, 10), stored: 'full' as const }];
    expect(partsOfAll(tens, { unknown: 4, staying }, 40)).toBe('full without-debug without-debug none');
    // What was gone takes its own place.
    expect(partsOfAll([of('x', 10, 10)], { staying }, 20)).toBe('full');
  });

  it('goes by size where that is known, and leaves the others their part', () => {
    const moving = [of('x', 5, 5, 9), of('y', 5, 5, 1)];
    expect(partsOfAll(moving, { moving }, 15)).toBe('full without-debug');
    expect(partsOfAll([...moving, ...tens], { moving, unknown: 2 }, 30)).toBe(
      'full without-debug without-debug without-debug without-debug none',
    );
  });

  it('is not outgrown by builds that all take longer than before', () => {
    const moving = [of('x', 5, 5, 9), of('y', 5, 5, 1), of('z', 5, 5, 1)];
    const slower = moving.map((one) => ({ ...one, seconds: one.seconds * 20 }));
    expect(partsOfAll(slower, { moving }, 20)).toBe(partsOfAll(moving, { moving }, 20));
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
          const staying = made('stay', stay).map((result) => ({ result, stored: 'without-debug' as const }));
          const moving = made('move', move);
          const fresh = jobs.map((all, at) => made(`job${at}-`, all));
          const request = { staying, moving, unknown: fresh.flat().length, spent: 0, writers: jobs.length };
          const sum = (results: readonly Result[]) => {
            const partsOf = newAllocation(request, budget);
            return results.reduce((bytes, one) => bytes + bytesStored(one, partsOf(one)), 0);
          };
          const stayed = staying.reduce((bytes, one) => bytes + bytesStored(one.result, one.stored), 0);
          const added = sum(moving) + fresh.reduce((bytes, job) => bytes + sum(job), 0);
          expect(added).toBeLessThanOrEqual(Math.max(0, budget - stayed));
        },
      ),
    );
  });
});
