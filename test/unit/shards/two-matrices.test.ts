import { describe, expect, it } from 'vitest';
import { claimName, heartbeatName } from '../../../src/shared/shards/protocol/names.ts';
import { nextStep } from '../../../src/shared/shards/scheduler/next-step.ts';
import { defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';
import {
  claimed,
  finished,
  heartbeatSent,
  listed,
  nextHeartbeatName,
  removed,
} from '../../../src/shared/shards/scheduler/shard.ts';
import { awake, candidate, item, work } from '../../support/shard-steps.ts';

describe('two matrices', () => {
  const heavy = { peers: { first: 100, last: 102 } };

  it('take each their own: a result goes out at once when a shard of the other would take what it makes ready', () => {
    const shard = awake([item(heartbeatName(1, 100, 0, 1, false), 0)]);
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    finished(shard, 'a', 1, 61);
    claimed(shard, 'b', claimName(1, 'b', 0), 600, 61);
    const waits = work([], { elsewhere: [candidate('chromium', 60, 'a')] });
    expect(nextStep(shard, waits, 62)).toMatchObject({ do: 'publish', packages: ['a'] });
    expect(nextStep(shard, work([], { elsewhere: [candidate('other', 60)] }), 62)).not.toMatchObject({
      do: 'publish',
    });
  });

  it('are not counted together: shards of the other help nobody here', () => {
    const others = [100, 101, 102].map((shard) => item(heartbeatName(1, shard, 0, 1, false), 0));
    const crowd = { left: 5, shortest: () => 1, helping: () => 1 };
    expect(nextStep(awake(others), work([], crowd), 1)).toMatchObject({ do: 'wait' });
    expect(nextStep(awake(others, 0, 100), work([], { ...crowd, ...heavy }), 1)).toEqual({
      do: 'heartbeat',
      ended: true,
    });
  });

  it('do not wait for shards of the other that have all come and gone', () => {
    const crowd = { left: 2, shortest: () => 1, helping: () => 9 };
    const waits = work([], { ...crowd, elsewhere: [candidate('chromium')], others: heavy.peers });
    const gone = (id: number) => item(heartbeatName(1, id, 0, 2, true), 0);
    expect(nextStep(awake([gone(100)]), waits, 1)).toMatchObject({ do: 'wait' });
    expect(nextStep(awake([item(heartbeatName(1, 102, 0, 1, false), 0)]), waits, 1)).toMatchObject({
      do: 'wait',
    });
    expect(nextStep(awake([gone(102)]), waits, 1)).toEqual({ do: 'heartbeat', ended: true });
    expect(nextStep(awake(), { ...waits, others: undefined }, 1)).toEqual({ do: 'heartbeat', ended: true });
  });

  it('have successors of their own', () => {
    const budget = defaultSettings.timeBudget;
    const now = budget - 600;
    const steps = [102, 101].map((id) => {
      const shard = awake([], 0, id);
      const own = item(nextHeartbeatName(shard, false), now);
      heartbeatSent(shard, own, now);
      removed(shard, [...shard.obsoleteArtifacts]);
      listed(shard, [own, item(heartbeatName(1, 1, 0, 1, false), now)], now);
      return nextStep(shard, work([candidate('long', 700)], { ...heavy, shortest: () => 60 }), now);
    });
    // The last of its matrix stays to see whether something shorter comes; the one before makes room for it.
    expect(steps).toMatchObject([{ do: 'wait' }, { do: 'heartbeat', ended: true }]);
  });
});
