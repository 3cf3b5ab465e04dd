import { expect, it } from 'vitest';
import { spansOf } from '../../../../src/shared/jobs/merge/run-facts.ts';
import type { Result } from '../../../../src/shared/model/build-result.ts';
import type { PackageReport } from '../../../../src/shared/shards/protocol/heartbeat.ts';
import { newKnownResults, noteReport } from '../../../../src/shared/shards/protocol/known-results.ts';

/** A package that was built for a minute from `started` on. */
function built(name: string, started: number, artifact: string | null): PackageReport {
  const result = { package: name, key: `key of ${name}`, rpms: [] } as unknown as Result;
  return {
    ...{ package: name, key: result.key, state: 'built', reason: '', seconds: 60, shard: 1, lines: [] },
    ...{ started, ended: started + 60, result, artifact, id: 1 },
  };
}

it('the time line of a later attempt has nothing of the one before, which ended hours ago', () => {
  const known = newKnownResults();
  noteReport(known, built('earlier', 0, 'azl-result-1-1-2'));
  noteReport(known, built('now', 36_000, 'azl-result-2-9-2'));
  noteReport(known, built('not published', 36_060, null));
  noteReport(known, {
    ...{ ...built('broken', 36_120, null), result: undefined, state: 'failed' },
  } as unknown as PackageReport);
  const names = (attempt: number) => spansOf(known, attempt).map((one) => one.package);
  expect(names(2)).toEqual(['now', 'not published', 'broken']);
  expect(names(1)).toContain('earlier');
});
