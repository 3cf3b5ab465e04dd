import { describe, expect, it } from 'vitest';
import { storageRequestAlone, storageRequestOf } from '../../../src/shared/jobs/storage-request.ts';
import type { StoredParts } from '../../../src/shared/model/build-result.ts';
import type { PlanJson } from '../../../src/shared/planner/plan-json.ts';
import type { PackageReport } from '../../../src/shared/shards/protocol/heartbeat.ts';
import { newIndex, seeResults } from '../../../src/shared/store/store-index.ts';
import { madeUpResult } from '../../support/made-up.ts';

const [stays, gone, moves, fresh] = ['stays', 'gone', 'moves', 'fresh'].map((name) => madeUpResult(name));
const index = newIndex();
seeResults(index, [stays, gone, moves] as (typeof fresh & object)[], 1, () => 'without-debug');
const planned = (name: string, state: PlanJson['packages'][number]['state']) => ({
  ...{ name, state },
  key: state === 'maybe' ? null : `key of ${name}`,
});
const report = (result: typeof fresh & object, stored: StoredParts): PackageReport => ({
  ...{
    package: result.package,
    key: result.key,
    state: 'built',
    reason: '',
    seconds: 1,
    shard: 1,
    lines: [],
  },
  ...{ result, stored },
});

describe('the room that a run needs', () => {
  it('is what stays, what moves, and what nobody knows, with what was stored of that', () => {
    const packages = [
      planned('stays', 'reuse'),
      planned('moves', 'maybe'),
      planned('fresh', 'build'),
      planned('other', 'build'),
      planned('broken', 'failed'),
    ];
    const all = [report(fresh as never, 'full'), report(moves as never, 'full')];
    expect(storageRequestOf(index, { packages }, all, 4)).toEqual({
      staying: [{ result: stays, seen: 1, stored: 'without-debug' }],
      ...{ moving: [moves], unknown: 2, spent: 2, writers: 4 },
    });
    // A job that saves is one, whatever the plan says.
    expect(storageRequestOf(index, { packages }, [], 0)).toMatchObject({ spent: 0, writers: 1 });
  });

  it('is of one job that of all its packages', () => {
    expect(storageRequestAlone(index, ['moves', 'fresh'])).toEqual({
      ...{ staying: [], moving: [moves], unknown: 1, spent: 0, writers: 1 },
    });
  });
});
