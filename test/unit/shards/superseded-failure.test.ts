import { describe, expect, it } from 'vitest';
import { supersededLines } from '../../../src/shared/jobs/merge/run-facts.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import type { PackageReport } from '../../../src/shared/shards/protocol/heartbeat.ts';
import { failureOf, newKnownResults, noteReport } from '../../../src/shared/shards/protocol/known-results.ts';
import { outcomesOf } from '../../../src/shared/shards/worker/outcomes.ts';
import type { RunState } from '../../../src/shared/shards/worker/run-state.ts';
import { makeTree } from '../../../src/shared/solver/solve-root.ts';
import { jobOf, outcomesAfter } from '../../support/any-order/jobs.ts';
import { madeUpResult, madeUpRpm, madeUpSpec, madeUpToolchain } from '../../support/made-up.ts';
import { base, essentials, memoryStore, solve } from '../../support/made-up-engine.ts';

const tree = makeTree({
  specs: [madeUpSpec('lib'), madeUpSpec('app', ['lib']), madeUpSpec('other')],
  toolchain: madeUpToolchain([base, essentials]),
  solver: { solve },
  sources: async () => ({}),
  defines: {},
});

async function keyOf(name: string, state?: RunState): Promise<string> {
  const job = state ?? jobOf(tree, memoryStore());
  await job.resolve();
  return job.progress.ready.get(name)?.build.key ?? `${name} is not ready`;
}

const libKey = await keyOf('lib');
const failedOn = (shard: number, more: Partial<PackageReport> = {}): PackageReport => ({
  ...{ package: 'lib', key: libKey, state: 'failed', reason: `%build failed on ${shard}`, seconds: 1 },
  ...{ shard, lines: [], ...more },
});
function builtOn(shard: number, id: number, outputDigest = 'one'): PackageReport & { result: Result } {
  const result = madeUpResult('lib', [madeUpRpm('lib', { outputDigest })], libKey);
  const built = { package: 'lib', key: libKey, state: 'built' as const, reason: 'new', seconds: 1 };
  return { ...built, shard, lines: [], result, artifact: `azl-result-1-${shard}-1`, id };
}

function ordersOf<T>(of: readonly T[]): T[][] {
  if (of.length < 2) return [[...of]];
  return of.flatMap((one, at) => ordersOf(of.toSpliced(at, 1)).map((rest) => [one, ...rest]));
}

const statesAfter = async (reports: readonly PackageReport[], resolves: 'each time' | 'at the end') =>
  Object.fromEntries(
    [...(await outcomesAfter(tree, memoryStore(), reports, resolves))].map(([name, { state, reason }]) => [
      name,
      state === 'failed' || state === 'blocked' ? `${state}: ${reason}` : state,
    ]),
  );

describe.each(['each time', 'at the end'] as const)('a job that resolves %s', (resolves) => {
  it('finds a package built that one shard failed and another built, in whatever order it reads them', async () => {
    for (const order of ordersOf([failedOn(1), builtOn(2, 7), failedOn(3)])) {
      const { lib, app } = await statesAfter(order, resolves);
      expect({ lib, app }).toEqual({ lib: 'built', app: 'left' });
    }
  });

  it('blames the lowest of two shards that failed a package', async () => {
    for (const order of ordersOf([failedOn(4), failedOn(2), failedOn(9)])) {
      expect(await statesAfter(order, resolves)).toMatchObject({
        lib: 'failed: %build failed on 2',
        app: 'blocked: needs lib, which failed',
      });
    }
  });

  it('takes a result for a package that another shard failed before it had a key', async () => {
    for (const order of ordersOf([failedOn(1, { key: null }), builtOn(2, 7)]))
      expect(await statesAfter(order, resolves)).toMatchObject({ lib: 'built', app: 'left' });
  });

  it('ends with the bytes of the artifact that came first, of three builds of which one failed', async () => {
    for (const order of ordersOf([builtOn(1, 9), failedOn(2), builtOn(3, 4, 'other')])) {
      const found = (await outcomesAfter(tree, memoryStore(), order, resolves)).get('lib');
      expect(found).toMatchObject({ result: { rpms: [{ outputDigest: 'other' }] } });
    }
  });
});

describe('a shard whose own build of a package failed', () => {
  it('goes on with the result of another, and with what needs it', async () => {
    const state = jobOf(tree, memoryStore());
    await state.resolve();
    state.noteFailure(failedOn(1), {
      state: 'failed',
      reason: '%build failed on 1',
      key: libKey,
      log: '/log',
    });
    state.buildEnded();
    await state.resolve();
    expect(outcomesOf(state).get('app')).toMatchObject({ state: 'blocked' });
    state.noteOthersReport(builtOn(2, 7));
    await state.resolve();
    expect(outcomesOf(state).get('lib')).toMatchObject({ state: 'built' });
    expect(state.candidates().map((one) => one.package)).toEqual(['app', 'other']);
  });

  it('keeps the result of another that it read while it was building', async () => {
    const state = jobOf(tree, memoryStore());
    await state.resolve();
    const building = new Map([['lib', true]]);
    state.noteOthersReport(builtOn(2, 7));
    await state.resolve(building);
    state.noteFailure(failedOn(1), { state: 'failed', reason: '%build failed on 1', key: libKey });
    state.buildEnded();
    await state.resolve();
    expect(outcomesOf(state).get('lib')).toMatchObject({ state: 'built' });
  });

  it('still knows where its log is, when a failure of another shard counts', async () => {
    const state = jobOf(tree, memoryStore());
    await state.resolve();
    state.noteFailure(failedOn(5), {
      state: 'failed',
      reason: '%build failed on 5',
      key: libKey,
      log: '/log',
    });
    state.noteOthersReport(failedOn(3));
    await state.resolve();
    expect(outcomesOf(state).get('lib')).toMatchObject({ reason: '%build failed on 3', log: '/log' });
  });
});

describe('what is known of failures', () => {
  it('counts under the key that failed alone', () => {
    const known = newKnownResults();
    noteReport(known, failedOn(1));
    expect(failureOf(known, 'lib', libKey)?.shard).toBe(1);
    expect(failureOf(known, 'lib', 'another key')).toBeUndefined();
    noteReport(known, builtOn(2, 7));
    expect(failureOf(known, 'lib', libKey)).toBeUndefined();
  });

  it('is told to people when it does not count: which shard built the package, and what failed on the other', () => {
    const known = newKnownResults();
    for (const report of [failedOn(3), builtOn(2, 7), failedOn(1, { key: null })]) noteReport(known, report);
    expect(supersededLines(known)).toEqual([
      'lib was built by shard 2; it failed on shard 1: %build failed on 1',
      'lib was built by shard 2; it failed on shard 3: %build failed on 3',
    ]);
    expect(supersededLines(newKnownResults())).toEqual([]);
  });
});
