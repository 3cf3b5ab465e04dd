import { describe, expect, it } from 'vitest';
import type { ArtifactInfo } from '../../../src/shared/shards/protocol/listing.ts';
import { claimName, heartbeatName } from '../../../src/shared/shards/protocol/names.ts';
import { nextStep } from '../../../src/shared/shards/scheduler/next-step.ts';
import {
  finished,
  foundHeartbeat,
  heartbeatSent,
  listed,
  nextHeartbeatName,
  nextResultName,
  published,
  refused,
  removed,
} from '../../../src/shared/shards/scheduler/shard.ts';
import { awake, candidate, item, work } from '../../support/shard-steps.ts';

describe('a claim', () => {
  const old = item(claimName(1, 'a', 0), 0);
  const beat = (shard: number, createdAt: number, ended = false) =>
    item(heartbeatName(1, shard, 0, createdAt, ended), createdAt);

  it.each([
    ['of a shard that lives holds', [old, beat(2, 900)], 'wait'],
    ['that is young holds, whoever made it', [item(claimName(1, 'a', 0), 800), beat(2, 0)], 'wait'],
  ])('%s', (_, others, expected) => {
    const shard = awake([...others, beat(3, 1000)], 1000, 9);
    const first = nextStep(shard, work([candidate('a')]), 1000);
    if (first.do === 'ask') shard.owners.set(old.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: expected });
  });

  it('of a shard that sent no heartbeat for the lease expires: after its owner was asked for', () => {
    const shard = awake([old, beat(2, 300), beat(3, 1000)], 1000, 9);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'ask', claims: [old] });
    shard.owners.set(old.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-1',
    });
  });

  it('of a shard that said that it ends and died before it gave the claim back expires, too', () => {
    const shard = awake([old, beat(2, 300, true), beat(3, 1000)], 1000, 9);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'ask', claims: [old] });
    shard.owners.set(old.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-1',
    });
  });

  it('that was made long after a shard had ended is not asked for on its account', () => {
    const late = item(claimName(1, 'a', 0), 1000);
    const shard = awake([late, beat(2, 300, true), beat(3, 1700)], 1700, 9);
    expect(nextStep(shard, work([candidate('a')]), 1700)).toMatchObject({ do: 'wait' });
  });

  it('holds after an outage of the exchange: shards that live get time for their next heartbeat', () => {
    const shard = awake([old, beat(2, 0)], 0, 9);
    const look = (now: number, ...others: ArtifactInfo[]) => {
      const own = item(nextHeartbeatName(shard, false), now);
      heartbeatSent(shard, own, now);
      removed(shard, [...shard.obsoleteArtifacts]);
      listed(shard, [old, own, ...others], now);
      return nextStep(shard, work([candidate('a')]), now);
    };
    expect(look(2000, beat(2, 0))).toMatchObject({ do: 'wait' });
    expect(look(2300, beat(2, 0))).toMatchObject({ do: 'wait' });
    expect(look(2590, beat(2, 0))).toMatchObject({ do: 'wait' });
    // It gave none.
    expect(look(2610, beat(2, 0))).toMatchObject({ do: 'ask' });
  });

  it('of a name that was given back and taken by another is the other’s', () => {
    const shard = awake([old, beat(2, 300), beat(3, 1000)], 1000, 9);
    shard.owners.set(old.id, 2);
    // Shard 2 abandoned it and died; shard 3, which lives, made it anew.
    const anew = { ...old, id: old.id + 1, createdAt: 200 };
    listed(shard, [anew, beat(2, 300), beat(3, 1000)], 1000);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'ask', claims: [anew] });
    shard.owners.set(anew.id, 3);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'wait' });
  });

  it('is measured by the newest artifact listed, not by the clock of the shard', () => {
    const shard = awake([old, beat(2, 0)], 50, 9);
    expect(nextStep(shard, work([candidate('a')]), 50)).toMatchObject({ do: 'wait' });
    shard.listedAt = 5000;
    shard.fresh = true;
    expect(
      nextStep(
        { ...shard, heartbeat: { ...shard.heartbeat, at: 5000 } as never },
        work([candidate('a')]),
        5000,
      ),
    ).toMatchObject({
      do: 'wait',
    });
  });

  it('that is refused and never listed expires ten minutes after it was met', () => {
    const shard = awake();
    refused(shard, claimName(1, 'a', 0), 0);
    expect(nextStep(shard, work([candidate('a')]), 1)).toMatchObject({ do: 'wait' });
    const own = item(nextHeartbeatName(shard, false), 601);
    heartbeatSent(shard, own, 601);
    removed(shard, [...shard.obsoleteArtifacts]);
    listed(shard, [own], 601);
    expect(nextStep(shard, work([candidate('a')]), 601)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-1',
    });
  });

  it('that expired is taken again only when everything that the shard has finished is reported', () => {
    const shard = awake([old, beat(2, 300), beat(3, 1000)], 1000, 9);
    shard.owners.set(old.id, 2);
    finished(shard, 'b', 1, 1000);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'publish', packages: ['b'] });
    published(shard, nextResultName(shard), ['b'], 1, []);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'heartbeat', ended: false });
    heartbeatSent(shard, item(nextHeartbeatName(shard, false), 1000), 1000);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'claim' });
  });

  it('that expired three times makes the package fail', () => {
    const third = item(claimName(1, 'a', 2), 0);
    const shard = awake([third, beat(2, 0), beat(3, 1000)], 1000, 9);
    shard.owners.set(third.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'give-up', package: 'a' });
  });

  it('is asked for by name before its owner, which a listing lacks, is taken for dead', () => {
    const shard = awake([old, beat(2, 300)], 1000, 9);
    shard.owners.set(old.id, 2);
    listed(shard, [old, beat(3, 1000)], 1000);
    const ask = nextStep(shard, work([candidate('a')]), 1000);
    expect(ask).toEqual({ do: 'find', shard: 2, name: beat(2, 300).name });
    foundHeartbeat(shard, 2, undefined);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'wait' });
  });
});
