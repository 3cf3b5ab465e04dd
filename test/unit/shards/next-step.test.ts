import { describe, expect, it } from 'vitest';
import type { ArtifactInfo } from '../../../src/shared/shards/protocol/listing.ts';
import { claimName, heartbeatName } from '../../../src/shared/shards/protocol/names.ts';
import { nextStep } from '../../../src/shared/shards/scheduler/next-step.ts';
import { compactAt, defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';
import {
  claimed,
  dropped,
  finished,
  foundClaim,
  heartbeatRead,
  heartbeatSent,
  listed,
  newShard,
  nextHeartbeatName,
  nextResultName,
  published,
  refused,
  removed,
  reported,
} from '../../../src/shared/shards/scheduler/shard.ts';
import { awake, candidate, item, work } from '../../support/shard-steps.ts';

describe('a shard', () => {
  it('lists and sends a heartbeat before it claims anything', () => {
    const shard = newShard(1, 1, defaultSettings, 0);
    expect(nextStep(shard, work([candidate('a')]), 0)).toEqual({ do: 'list' });
    listed(shard, [], 0);
    expect(nextStep(shard, work([candidate('a')]), 0)).toEqual({ do: 'heartbeat', ended: false });
  });

  it('claims the first candidate that nobody has', () => {
    const shard = awake([item(claimName(1, 'a', 0), 0)]);
    expect(nextStep(shard, work([candidate('a'), candidate('b')]), 1)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-b-0',
    });
  });

  it('counts no claim of an earlier attempt', () => {
    const shard = awake([item(claimName(0, 'a', 0), 0)]);
    expect(nextStep(shard, work([candidate('a')]), 1)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-0',
    });
  });

  it('looks around before each pick, and goes on with the next candidate when a claim is refused', () => {
    const shard = awake();
    const some = [candidate('a'), candidate('b')];
    refused(shard, claimName(1, 'a', 0), 1);
    expect(nextStep(shard, work(some), 1)).toMatchObject({ do: 'claim', name: 'azl-claim-1-b-0' });
    claimed(shard, 'b', claimName(1, 'b', 0), 60, 2);
    finished(shard, 'b', 1, 62);
    expect(nextStep(shard, work([candidate('c')]), 62)).toEqual({ do: 'list' });
  });

  it('reads what others published before it picks, and lists again when that is gone', () => {
    const shard = awake([item(heartbeatName(1, 2, 3, 9, false), 0)]);
    const step = nextStep(shard, work([candidate('a')]), 1);
    expect(step).toMatchObject({ do: 'read', heartbeats: [{ shard: 2, publication: 3 }] });
    heartbeatRead(shard, 2, 3, true);
    expect(nextStep(shard, work([candidate('a')]), 1)).toEqual({ do: 'list' });
    listed(shard, [item(heartbeatName(1, 2, 4, 11, false), 2)], 2);
    heartbeatRead(shard, 2, 4, false);
    expect(nextStep(shard, work([candidate('a')]), 2)).toMatchObject({ do: 'claim' });
  });

  it('gives a listing time that shows what is gone again and again', () => {
    const shard = awake([item(heartbeatName(1, 2, 3, 9, false), 0)]);
    for (let time = 0; time < 4; time++) {
      heartbeatRead(shard, 2, 3, true);
      listed(shard, [item(heartbeatName(1, 2, 3, 9, false), 0)], 1);
    }
    expect(nextStep(shard, work([candidate('a')]), 1)).toMatchObject({ do: 'wait' });
  });

  it('sends a heartbeat before everything else when it is late', () => {
    const shard = awake();
    expect(nextStep(shard, work([candidate('a')]), 449)).toEqual({ do: 'list' });
    expect(nextStep(shard, work([candidate('a')]), 450)).toEqual({ do: 'heartbeat', ended: false });
  });

  it('knows a claim that it found by name though the listing lacks it', () => {
    const shard = awake();
    refused(shard, claimName(1, 'a', 0), 1);
    foundClaim(shard, item(claimName(1, 'a', 0), 0));
    expect(shard.hidden.size).toBe(0);
    expect(nextStep(shard, work([candidate('a')]), 1)).toMatchObject({ do: 'wait' });
  });

  it('takes what waits for its own unpublished result without looking around', () => {
    const shard = awake();
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    finished(shard, 'a', 1, 61);
    expect(nextStep(shard, work([candidate('b', 60, 'a')]), 61)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-b-0',
    });
  });
});

describe('a result', () => {
  const busy = (...others: ArtifactInfo[]) => {
    const shard = awake(others);
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    finished(shard, 'a', 1, 61);
    claimed(shard, 'b', claimName(1, 'b', 0), 600, 61);
    return shard;
  };

  it('is published at once when it makes a package ready that another would take next', () => {
    const shard = busy(item(heartbeatName(1, 2, 0, 1, false), 0));
    expect(nextStep(shard, work([candidate('c', 60, 'a')]), 62)).toEqual({
      do: 'publish',
      packages: ['a'],
      replaced: [],
    });
  });

  it('waits for others when nobody wants it: at most the batch time', () => {
    const shard = busy();
    expect(nextStep(shard, work([candidate('c', 60, 'x')]), 62)).toMatchObject({ do: 'list' });
    listed(shard, [], 62);
    expect(nextStep(shard, work([candidate('c', 60, 'x')]), 62)).toMatchObject({ do: 'wait' });
    expect(nextStep(shard, work([candidate('c', 60, 'x')]), 361)).toMatchObject({ do: 'publish' });
  });

  it('goes out at once where nothing else is to be done', () => {
    const shard = awake();
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    finished(shard, 'a', 1, 61);
    listed(shard, [item(claimName(1, 'b', 0), 61), item(heartbeatName(1, 2, 0, 1, false), 61)], 61);
    const others = work([candidate('b')]);
    expect(nextStep(shard, others, 61)).toEqual({ do: 'publish', packages: ['a'], replaced: [] });
  });

  it('waits until there are many bytes', () => {
    const shard = busy();
    finished(shard, 'big', defaultSettings.batchBytes, 62);
    listed(shard, [], 62);
    expect(nextStep(shard, work([]), 62)).toMatchObject({ do: 'publish', packages: ['a', 'big'] });
  });

  it('is reported by a heartbeat, and only then its claim is removed', () => {
    const shard = busy();
    listed(shard, [], 62);
    published(shard, nextResultName(shard), ['a'], 1, []);
    expect(nextStep(shard, work([]), 62)).toEqual({ do: 'heartbeat', ended: false });
    const before = shard.heartbeat?.artifact.name as string;
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 62), 62);
    const names = [claimName(1, 'a', 0), before];
    expect(nextStep(shard, work([]), 62)).toEqual({ do: 'remove', names });
    removed(shard, names);
    expect(nextStep(shard, work([]), 62)).toMatchObject({ do: 'wait' });
  });

  it('is published again with other small ones when many artifacts are listed', () => {
    const shard = busy();
    for (const one of ['x', 'y']) published(shard, nextResultName(shard), [one], 10, []);
    published(shard, 'azl-result-1-1-99', ['huge'], 1e9, []);
    published(shard, nextResultName(shard), ['a'], 1, []);
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 62), 62);
    removed(shard, [...shard.obsoleteArtifacts]);
    const many = Array.from({ length: compactAt }, (_, at) => item(`azl-result-1-9-${at}`, 62));
    listed(shard, many, 62);
    const step = nextStep(shard, work([]), 62);
    expect(step).toMatchObject({ do: 'publish', packages: ['a', 'x', 'y'] });
    const { replaced } = step as Extract<typeof step, { do: 'publish' }>;
    published(shard, nextResultName(shard), ['a', 'x', 'y'], 21, replaced);
    expect(shard.obsoleteArtifacts).toEqual(replaced);
  });

  it('that turned out to be damaged is not published again with others, and the next heartbeat does not report it', () => {
    const shard = awake();
    const [both, one] = [nextResultName(shard), nextResultName(shard)];
    published(shard, both, ['a', 'x'], 10, []);
    published(shard, one, ['y'], 10, []);
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 62), 62);
    removed(shard, [...shard.obsoleteArtifacts]);
    const many = Array.from({ length: compactAt }, (_, at) => item(`azl-result-1-9-${at}`, 62));
    listed(shard, many, 62);
    dropped(shard, 'a');
    expect(nextStep(shard, work([]), 62)).toEqual({ do: 'heartbeat', ended: false });
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 62), 62);
    removed(shard, [...shard.obsoleteArtifacts]);
    const compacted = { do: 'publish', packages: ['x', 'y'], replaced: [both, one] };
    expect(nextStep(shard, work([]), 62)).toEqual(compacted);
    dropped(shard, 'y');
    expect(shard.obsoleteArtifacts).toEqual([one]);
    expect([...shard.published.keys()]).toEqual([both]);
  });

  it('that is compacted frees no claim of a package that is being built again', () => {
    const shard = awake();
    published(shard, nextResultName(shard), ['a'], 1, []);
    claimed(shard, 'a', claimName(1, 'a', 1), 60, 1);
    published(shard, nextResultName(shard), ['a'], 1, [...shard.published.keys()]);
    expect([...shard.building.keys()]).toEqual(['a']);
    expect(shard.obsoleteArtifacts).not.toContain(claimName(1, 'a', 1));
  });
});

describe('a time budget', () => {
  const budget = defaultSettings.timeBudget;

  it('fails a package that is longer than a whole one, with the reason', () => {
    const step = nextStep(awake(), work([candidate('a', budget + 1)]), 0);
    expect(step).toMatchObject({ do: 'give-up', package: 'a' });
    expect((step as { reason: string }).reason).toContain('time-budget');
  });

  it('keeps a shard from what would end too late, and lets it take what would not', () => {
    const shard = awake([item(heartbeatName(1, 0, 0, 1, false), 0)]);
    listed(shard, [item(heartbeatName(1, 0, 0, 1, false), budget)], budget - 600);
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 0), budget - 600);
    const some = [candidate('long', 700), candidate('short', 60)];
    // Shard 0 is older.
    expect(nextStep(shard, work(some, { peers: { first: 0, last: 99 } }), budget - 600)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-short-0',
    });
  });

  it('ends the oldest shard when the most urgent package fits none, as long as another starts', () => {
    const shard = awake([item(heartbeatName(1, 2, 0, 1, false), 0)]);
    const now = budget - 600;
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), now), now);
    listed(shard, [item(heartbeatName(1, 2, 0, 1, false), now)], now);
    const some = [candidate('long', 700), candidate('short', 60)];
    expect(nextStep(shard, work(some), now)).toEqual({ do: 'heartbeat', ended: true });
    expect(nextStep(shard, work(some, { peers: { first: 1, last: 2 } }), now)).toMatchObject({ do: 'claim' });
  });
});

describe('a build that is ended with the time of its shard', () => {
  it('is reported before its claim is removed, so that nobody takes it without knowing', () => {
    const shard = awake();
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    reported(shard, 'a');
    const nothing = work([], { left: 1, shortest: () => 600 });
    expect(nextStep(shard, nothing, 2)).toEqual({ do: 'heartbeat', ended: false });
    const before = shard.heartbeat?.artifact.name as string;
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 2), 2);
    expect(nextStep(shard, nothing, 2)).toEqual({ do: 'remove', names: [claimName(1, 'a', 0), before] });
    expect(shard.building.size).toBe(0);
  });
});

describe('a shard that no other follows', () => {
  const alone = { peers: { first: 1, last: 1 }, shortest: () => 1 };
  const left = 3600;
  const late = (...others: ArtifactInfo[]) => {
    const now = defaultSettings.timeBudget - left;
    const shard = awake(others);
    const own = item(nextHeartbeatName(shard, false), now);
    heartbeatSent(shard, own, now);
    removed(shard, [...shard.obsoleteArtifacts]);
    listed(shard, [own, ...others], now);
    return { shard, now };
  };

  it('takes what is expected to end in time: nobody would do better', () => {
    const { shard, now } = late();
    expect(nextStep(shard, work([candidate('a', left - 60)], alone), now)).toMatchObject({ do: 'claim' });
    expect(nextStep(shard, work([candidate('a', left - 60)]), now)).toMatchObject({
      do: 'heartbeat',
      ended: true,
    });
    // One that started later has more time left.
    const younger = late(item(heartbeatName(1, 2, 0, 1, false), now));
    const both = work([candidate('a', left - 60)], { ...alone, peers: { first: 1, last: 2 } });
    expect(nextStep(younger.shard, both, now)).toMatchObject({ do: 'wait', idle: true });
  });

  it('ends at once when nothing that is ready does, and says that nobody goes on', () => {
    const { shard, now } = late();
    const waiting = work([candidate('a', left + 60)], { ...alone, left: 2 });
    expect(nextStep(shard, waiting, now)).toEqual({ do: 'heartbeat', ended: true });
    heartbeatSent(shard, item(nextHeartbeatName(shard, true), now), now);
    removed(shard, [...shard.obsoleteArtifacts]);
    const end = nextStep(shard, waiting, now);
    expect(end).toMatchObject({ do: 'end' });
    expect((end as { why: string }).why).toContain('no shard follows it');
  });

  it('waits as long as another may make something ready that does, or may be dead', () => {
    const now = defaultSettings.timeBudget - left;
    const waiting = work([candidate('a', left + 60)], { ...alone, left: 2 });
    const beside = late(item(heartbeatName(1, 2, 0, 1, false), now));
    expect(nextStep(beside.shard, waiting, now)).toMatchObject({ do: 'wait', idle: true });
    const claimedOne = work([candidate('a', left + 60), candidate('b', 60)], alone);
    const after = late(item(claimName(1, 'b', 0), now));
    expect(nextStep(after.shard, claimedOne, now)).toMatchObject({ do: 'wait', idle: true });
  });
});

describe('the end', () => {
  it('comes when every package has its result: with a last heartbeat, and all obsolete artifacts removed', () => {
    const shard = awake();
    finished(shard, 'a', 1, 0);
    const nothing = work([], { left: 0 });
    expect(nextStep(shard, nothing, 1)).toMatchObject({ do: 'publish', packages: ['a'] });
    published(shard, nextResultName(shard), ['a'], 1, []);
    const steps: string[] = [];
    for (let count = 0; count < 9; count++) {
      const step = nextStep(shard, nothing, 1);
      steps.push(step.do);
      if (step.do === 'end') break;
      if (step.do === 'heartbeat') heartbeatSent(shard, item(nextHeartbeatName(shard, step.ended), 1), 1);
      if (step.do === 'remove') removed(shard, step.names);
    }
    expect(steps).toEqual(['heartbeat', 'remove', 'heartbeat', 'remove', 'end']);
  });

  it('comes to the oldest of more shards than help, when one more stays than do', () => {
    const others = [2, 3].map((shard) => item(heartbeatName(1, shard, 0, 1, false), 0));
    const crowd = work([], { left: 5, shortest: () => 1, helping: () => 1 });
    expect(nextStep(awake(others), crowd, 1)).toEqual({ do: 'heartbeat', ended: true });
    const young = awake(
      [1, 2].map((shard) => item(heartbeatName(1, shard, 0, 1, false), 0)),
      0,
      3,
    );
    expect(nextStep(young, crowd, 1)).toMatchObject({ do: 'wait', idle: true });
  });
});
