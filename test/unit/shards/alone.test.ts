import { describe, expect, it } from 'vitest';
import { nextStep } from '../../../src/shared/shards/scheduler/next-step.ts';
import { settingsAlone } from '../../../src/shared/shards/scheduler/settings.ts';
import {
  abandoned,
  claimed,
  heartbeatSent,
  listed,
  newShard,
  nextHeartbeatName,
  removed,
  type Shard,
} from '../../../src/shared/shards/scheduler/shard.ts';
import { progressLine, secondsToGo } from '../../../src/shared/shards/worker/progress.ts';
import { inProcessExchange } from '../../../src/shared/shards/worker/run-alone.ts';
import { candidate, item, work } from '../../support/shard-steps.ts';

/** The only shard of a run, an hour after its start. */
function alone(...claims: string[]): Shard {
  const shard = newShard(1, 1, settingsAlone(2), 0);
  const own = item(nextHeartbeatName(shard, false), 0);
  listed(shard, [], 0);
  heartbeatSent(shard, own, 0);
  listed(shard, [own, ...claims.map((name) => item(name, 0))], 0);
  return shard;
}
const only = { peers: { first: 1, last: 1 }, helping: () => 1 };
const now = 3600;

describe('the only shard of a run', () => {
  it('claims what is ready without looking for others, however late it is', () => {
    expect(nextStep(alone(), work([candidate('a', 1e9)], only), now)).toMatchObject({ do: 'claim' });
  });

  it('waits without end for its builds, and sends no heartbeat meanwhile', () => {
    const shard = alone('azl-claim-1-a-0');
    claimed(shard, 'a', 'azl-claim-1-a-0', 60, 0);
    const step = nextStep(shard, work([], { ...only, left: 2 }), now);
    expect(step).toMatchObject({ do: 'wait', seconds: Number.POSITIVE_INFINITY });
  });

  it('ends when nothing is being built and nothing can be built', () => {
    const left = work([], { ...only, left: 2 });
    const shard = alone();
    expect(nextStep(shard, left, now)).toEqual({ do: 'heartbeat', ended: true });
    heartbeatSent(shard, item(nextHeartbeatName(shard, true), now), now);
    removed(shard, [...shard.obsoleteArtifacts]);
    expect(nextStep(shard, left, now)).toEqual({ do: 'end', why: 'nothing of what is left can be built' });
  });

  it('claims a package again as soon as the claim of an abandoned build is removed', () => {
    const name = 'azl-claim-1-a-0';
    const shard = alone(name);
    claimed(shard, 'a', name, 60, 0);
    abandoned(shard, 'a');
    listed(shard, [...(shard.listing?.artifacts.values() ?? [])], now);
    const again = work([candidate('a')], only);
    expect(nextStep(shard, again, now)).toMatchObject({ do: 'remove' });
    removed(shard, [...shard.obsoleteArtifacts]);
    expect(nextStep(shard, again, now)).toMatchObject({ do: 'claim', name });
  });
});

it('the exchange in a process creates a name once, without its files', async () => {
  const exchange = inProcessExchange();
  const files = () => expect.unreachable('the files were asked for');
  const created = await exchange.create('azl-claim-1-a-0', files);
  expect(await exchange.create('azl-claim-1-a-0', files)).toBeUndefined();
  expect(await exchange.list()).toEqual([created]);
  await exchange.remove('azl-claim-1-a-0');
  expect(await exchange.find('azl-claim-1-a-0')).toBeUndefined();
});

describe('the progress of a run', () => {
  const running = [{ name: 'bash', seconds: 34 }];

  it('is one line, with the time to the end where that is known', () => {
    const state = { done: 7, total: 14, running, ready: 3 };
    expect(progressLine({ ...state, left: 120 })).toBe(
      '[7/14] bash 0:34 · 1 running · 3 ready · about 2 min left',
    );
    expect(progressLine({ done: 0, total: 2, running: [], ready: 0 })).toBe('[0/2]');
  });

  it('takes as long as its work, and at least as its longest chain', () => {
    const one = { seconds: 60, priority: 10 };
    expect(secondsToGo([{ ...one, ran: 20 }, { ...one, ran: 100 }, one])).toBe((40 + 2 + 60) / 2);
    expect(
      secondsToGo([
        { ...one, ran: 20 },
        { ...one, priority: 500 },
      ]),
    ).toBe(500);
    expect(secondsToGo([])).toBe(0);
  });
});
