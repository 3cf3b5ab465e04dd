import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/shared/schedule/listing.ts';
import { aliveName, claimName } from '../../../src/shared/schedule/names.ts';
import { nextStep } from '../../../src/shared/schedule/next-step.ts';
import {
  claimed,
  dropped,
  finished,
  foundClaim,
  foundSign,
  listed,
  newShard,
  nextResultName,
  nextSignName,
  published,
  ranOut,
  readSign,
  refused,
  removed,
  signed,
} from '../../../src/shared/schedule/shard.ts';
import { defaultTerms, foldAt } from '../../../src/shared/schedule/terms.ts';
import { awake, candidate, item, work } from '../../support/shard-steps.ts';

describe('a shard', () => {
  it('looks around and signs before it claims anything', () => {
    const shard = newShard(1, 1, defaultTerms, 0);
    expect(nextStep(shard, work([candidate('a')]), 0)).toEqual({ do: 'list' });
    listed(shard, [], 0);
    expect(nextStep(shard, work([candidate('a')]), 0)).toEqual({ do: 'sign', ended: false });
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
    const shard = awake([item(aliveName(1, 2, 3, 9, false), 0)]);
    const step = nextStep(shard, work([candidate('a')]), 1);
    expect(step).toMatchObject({ do: 'read', signs: [{ shard: 2, publication: 3 }] });
    readSign(shard, 2, 3, true);
    expect(nextStep(shard, work([candidate('a')]), 1)).toEqual({ do: 'list' });
    listed(shard, [item(aliveName(1, 2, 4, 11, false), 2)], 2);
    readSign(shard, 2, 4, false);
    expect(nextStep(shard, work([candidate('a')]), 2)).toMatchObject({ do: 'claim' });
  });

  it('gives a listing time that shows what is gone again and again', () => {
    const shard = awake([item(aliveName(1, 2, 3, 9, false), 0)]);
    for (let time = 0; time < 4; time++) {
      readSign(shard, 2, 3, true);
      listed(shard, [item(aliveName(1, 2, 3, 9, false), 0)], 1);
    }
    expect(nextStep(shard, work([candidate('a')]), 1)).toMatchObject({ do: 'wait' });
  });

  it('signs before everything else when its sign is late', () => {
    const shard = awake();
    expect(nextStep(shard, work([candidate('a')]), 449)).toEqual({ do: 'list' });
    expect(nextStep(shard, work([candidate('a')]), 450)).toEqual({ do: 'sign', ended: false });
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
  const busy = (...others: Item[]) => {
    const shard = awake(others);
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    finished(shard, 'a', 1, 61);
    claimed(shard, 'b', claimName(1, 'b', 0), 600, 61);
    return shard;
  };

  it('is published at once when it makes a package ready that another would take next', () => {
    const shard = busy(item(aliveName(1, 2, 0, 1, false), 0));
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
    listed(shard, [item(claimName(1, 'b', 0), 61), item(aliveName(1, 2, 0, 1, false), 61)], 61);
    const others = work([candidate('b')]);
    expect(nextStep(shard, others, 61)).toEqual({ do: 'publish', packages: ['a'], replaced: [] });
  });

  it('waits until there are many bytes', () => {
    const shard = busy();
    finished(shard, 'big', defaultTerms.batchBytes, 62);
    listed(shard, [], 62);
    expect(nextStep(shard, work([]), 62)).toMatchObject({ do: 'publish', packages: ['a', 'big'] });
  });

  it('is told of by a sign, and only then its claim goes', () => {
    const shard = busy();
    listed(shard, [], 62);
    published(shard, nextResultName(shard), ['a'], 1, []);
    expect(nextStep(shard, work([]), 62)).toEqual({ do: 'sign', ended: false });
    const before = shard.sign?.item.name as string;
    signed(shard, item(nextSignName(shard, false), 62), 62);
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
    signed(shard, item(nextSignName(shard, false), 62), 62);
    removed(shard, [...shard.litter]);
    const many = Array.from({ length: foldAt }, (_, at) => item(`azl-result-1-9-${at}`, 62));
    listed(shard, many, 62);
    const step = nextStep(shard, work([]), 62);
    expect(step).toMatchObject({ do: 'publish', packages: ['a', 'x', 'y'] });
    const { replaced } = step as Extract<typeof step, { do: 'publish' }>;
    published(shard, nextResultName(shard), ['a', 'x', 'y'], 21, replaced);
    expect(shard.litter).toEqual(replaced);
  });

  it('that turned out to be damaged is not published again with others, and the next sign does not tell of it', () => {
    const shard = awake();
    const [both, one] = [nextResultName(shard), nextResultName(shard)];
    published(shard, both, ['a', 'x'], 10, []);
    published(shard, one, ['y'], 10, []);
    signed(shard, item(nextSignName(shard, false), 62), 62);
    removed(shard, [...shard.litter]);
    const many = Array.from({ length: foldAt }, (_, at) => item(`azl-result-1-9-${at}`, 62));
    listed(shard, many, 62);
    dropped(shard, 'a');
    expect(nextStep(shard, work([]), 62)).toEqual({ do: 'sign', ended: false });
    signed(shard, item(nextSignName(shard, false), 62), 62);
    removed(shard, [...shard.litter]);
    const fold = { do: 'publish', packages: ['x', 'y'], replaced: [both, one] };
    expect(nextStep(shard, work([]), 62)).toEqual(fold);
    dropped(shard, 'y');
    expect(shard.litter).toEqual([one]);
    expect([...shard.published.keys()]).toEqual([both]);
  });

  it('that is folded frees no claim of a package that is being built again', () => {
    const shard = awake();
    published(shard, nextResultName(shard), ['a'], 1, []);
    claimed(shard, 'a', claimName(1, 'a', 1), 60, 1);
    published(shard, nextResultName(shard), ['a'], 1, [...shard.published.keys()]);
    expect([...shard.building.keys()]).toEqual(['a']);
    expect(shard.litter).not.toContain(claimName(1, 'a', 1));
  });
});

describe('a claim', () => {
  const old = item(claimName(1, 'a', 0), 0);
  const sign = (shard: number, createdAt: number, ended = false) =>
    item(aliveName(1, shard, 0, createdAt, ended), createdAt);

  it.each([
    ['of a shard that lives holds', [old, sign(2, 900)], 'wait'],
    ['that is young holds, whoever made it', [item(claimName(1, 'a', 0), 800), sign(2, 0)], 'wait'],
  ])('%s', (_, others, expected) => {
    const shard = awake([...others, sign(3, 1000)], 1000, 9);
    const first = nextStep(shard, work([candidate('a')]), 1000);
    if (first.do === 'ask') shard.owners.set(old.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: expected });
  });

  it('of a shard that gave no sign for the lease expires: after its owner was asked for', () => {
    const shard = awake([old, sign(2, 300), sign(3, 1000)], 1000, 9);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'ask', items: [old] });
    shard.owners.set(old.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-1',
    });
  });

  it('of a shard that said that it ends and died before it gave the claim back expires, too', () => {
    const shard = awake([old, sign(2, 300, true), sign(3, 1000)], 1000, 9);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'ask', items: [old] });
    shard.owners.set(old.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-1',
    });
  });

  it('that was made long after a shard had ended is not asked for on its account', () => {
    const late = item(claimName(1, 'a', 0), 1000);
    const shard = awake([late, sign(2, 300, true), sign(3, 1700)], 1700, 9);
    expect(nextStep(shard, work([candidate('a')]), 1700)).toMatchObject({ do: 'wait' });
  });

  it('holds after a time in which nobody could look or sign: who lives is given time to sign again', () => {
    const shard = awake([old, sign(2, 0)], 0, 9);
    const look = (now: number, ...others: Item[]) => {
      const own = item(nextSignName(shard, false), now);
      signed(shard, own, now);
      removed(shard, [...shard.litter]);
      listed(shard, [old, own, ...others], now);
      return nextStep(shard, work([candidate('a')]), now);
    };
    expect(look(2000, sign(2, 0))).toMatchObject({ do: 'wait' });
    expect(look(2300, sign(2, 0))).toMatchObject({ do: 'wait' });
    expect(look(2590, sign(2, 0))).toMatchObject({ do: 'wait' });
    // It gave none.
    expect(look(2610, sign(2, 0))).toMatchObject({ do: 'ask' });
  });

  it('of a name that was given back and taken by another is the other’s', () => {
    const shard = awake([old, sign(2, 300), sign(3, 1000)], 1000, 9);
    shard.owners.set(old.id, 2);
    // Shard 2 abandoned it and died; shard 3, which lives, made it anew.
    const anew = { ...old, id: old.id + 1, createdAt: 200 };
    listed(shard, [anew, sign(2, 300), sign(3, 1000)], 1000);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'ask', items: [anew] });
    shard.owners.set(anew.id, 3);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'wait' });
  });

  it('is measured by the newest artifact listed, not by the clock of the shard', () => {
    const shard = awake([old, sign(2, 0)], 50, 9);
    expect(nextStep(shard, work([candidate('a')]), 50)).toMatchObject({ do: 'wait' });
    shard.listedAt = 5000;
    shard.fresh = true;
    expect(
      nextStep({ ...shard, sign: { ...shard.sign, at: 5000 } as never }, work([candidate('a')]), 5000),
    ).toMatchObject({
      do: 'wait',
    });
  });

  it('that is refused and never listed expires ten minutes after it was met', () => {
    const shard = awake();
    refused(shard, claimName(1, 'a', 0), 0);
    expect(nextStep(shard, work([candidate('a')]), 1)).toMatchObject({ do: 'wait' });
    const own = item(nextSignName(shard, false), 601);
    signed(shard, own, 601);
    removed(shard, [...shard.litter]);
    listed(shard, [own], 601);
    expect(nextStep(shard, work([candidate('a')]), 601)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-a-1',
    });
  });

  it('that expired is taken again only when all that the shard has finished is told', () => {
    const shard = awake([old, sign(2, 300), sign(3, 1000)], 1000, 9);
    shard.owners.set(old.id, 2);
    finished(shard, 'b', 1, 1000);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'publish', packages: ['b'] });
    published(shard, nextResultName(shard), ['b'], 1, []);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toEqual({ do: 'sign', ended: false });
    signed(shard, item(nextSignName(shard, false), 1000), 1000);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'claim' });
  });

  it('that expired three times makes the package fail', () => {
    const third = item(claimName(1, 'a', 2), 0);
    const shard = awake([third, sign(2, 0), sign(3, 1000)], 1000, 9);
    shard.owners.set(third.id, 2);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'give-up', package: 'a' });
  });

  it('is asked for by name before its owner, which a listing lacks, is taken for dead', () => {
    const shard = awake([old, sign(2, 300)], 1000, 9);
    shard.owners.set(old.id, 2);
    listed(shard, [old, sign(3, 1000)], 1000);
    const ask = nextStep(shard, work([candidate('a')]), 1000);
    expect(ask).toEqual({ do: 'find', shard: 2, name: sign(2, 300).name });
    foundSign(shard, 2, undefined);
    expect(nextStep(shard, work([candidate('a')]), 1000)).toMatchObject({ do: 'wait' });
  });
});

describe('a time budget', () => {
  const budget = defaultTerms.timeBudget;

  it('fails a package that is longer than a whole one, with the reason', () => {
    const step = nextStep(awake(), work([candidate('a', budget + 1)]), 0);
    expect(step).toMatchObject({ do: 'give-up', package: 'a' });
    expect((step as { reason: string }).reason).toContain('time-budget');
  });

  it('keeps a shard from what would end too late, and lets it take what would not', () => {
    const shard = awake([item(aliveName(1, 0, 0, 1, false), 0)]);
    listed(shard, [item(aliveName(1, 0, 0, 1, false), budget)], budget - 600);
    signed(shard, item(nextSignName(shard, false), 0), budget - 600);
    const some = [candidate('long', 700), candidate('short', 60)];
    // Shard 0 is older.
    expect(nextStep(shard, work(some, { peers: { first: 0, last: 99 } }), budget - 600)).toMatchObject({
      do: 'claim',
      name: 'azl-claim-1-short-0',
    });
  });

  it('ends the oldest shard when the most urgent package fits none, as long as another starts', () => {
    const shard = awake([item(aliveName(1, 2, 0, 1, false), 0)]);
    const now = budget - 600;
    signed(shard, item(nextSignName(shard, false), now), now);
    listed(shard, [item(aliveName(1, 2, 0, 1, false), now)], now);
    const some = [candidate('long', 700), candidate('short', 60)];
    expect(nextStep(shard, work(some), now)).toEqual({ do: 'sign', ended: true });
    expect(nextStep(shard, work(some, { peers: { first: 1, last: 2 } }), now)).toMatchObject({ do: 'claim' });
  });
});

describe('a build that is ended with the time of its shard', () => {
  it('is told of before its claim goes, so that nobody takes it without knowing', () => {
    const shard = awake();
    claimed(shard, 'a', claimName(1, 'a', 0), 60, 1);
    ranOut(shard, 'a');
    const nothing = work([], { left: 1, shortest: () => 600 });
    expect(nextStep(shard, nothing, 2)).toEqual({ do: 'sign', ended: false });
    const before = shard.sign?.item.name as string;
    signed(shard, item(nextSignName(shard, false), 2), 2);
    expect(nextStep(shard, nothing, 2)).toEqual({ do: 'remove', names: [claimName(1, 'a', 0), before] });
    expect(shard.building.size).toBe(0);
  });
});

describe('a shard that no other follows', () => {
  const alone = { peers: { first: 1, last: 1 }, shortest: () => 1 };
  const left = 3600;
  const late = (...others: Item[]) => {
    const now = defaultTerms.timeBudget - left;
    const shard = awake(others);
    const own = item(nextSignName(shard, false), now);
    signed(shard, own, now);
    removed(shard, [...shard.litter]);
    listed(shard, [own, ...others], now);
    return { shard, now };
  };

  it('takes what is expected to end in time: nobody would do better', () => {
    const { shard, now } = late();
    expect(nextStep(shard, work([candidate('a', left - 60)], alone), now)).toMatchObject({ do: 'claim' });
    expect(nextStep(shard, work([candidate('a', left - 60)]), now)).toMatchObject({
      do: 'sign',
      ended: true,
    });
    // One that started later has more time left.
    const younger = late(item(aliveName(1, 2, 0, 1, false), now));
    const both = work([candidate('a', left - 60)], { ...alone, peers: { first: 1, last: 2 } });
    expect(nextStep(younger.shard, both, now)).toMatchObject({ do: 'wait', idle: true });
  });

  it('ends at once when nothing that is ready does, and says that nobody goes on', () => {
    const { shard, now } = late();
    const waiting = work([candidate('a', left + 60)], { ...alone, left: 2 });
    expect(nextStep(shard, waiting, now)).toEqual({ do: 'sign', ended: true });
    signed(shard, item(nextSignName(shard, true), now), now);
    removed(shard, [...shard.litter]);
    const end = nextStep(shard, waiting, now);
    expect(end).toMatchObject({ do: 'end' });
    expect((end as { why: string }).why).toContain('no shard follows it');
  });

  it('waits as long as another may make something ready that does, or may be dead', () => {
    const now = defaultTerms.timeBudget - left;
    const waiting = work([candidate('a', left + 60)], { ...alone, left: 2 });
    const beside = late(item(aliveName(1, 2, 0, 1, false), now));
    expect(nextStep(beside.shard, waiting, now)).toMatchObject({ do: 'wait', idle: true });
    const claimedOne = work([candidate('a', left + 60), candidate('b', 60)], alone);
    const after = late(item(claimName(1, 'b', 0), now));
    expect(nextStep(after.shard, claimedOne, now)).toMatchObject({ do: 'wait', idle: true });
  });
});

describe('the end', () => {
  it('comes when every package has its result: with a last sign, and nothing left lying about', () => {
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
      if (step.do === 'sign') signed(shard, item(nextSignName(shard, step.ended), 1), 1);
      if (step.do === 'remove') removed(shard, step.names);
    }
    expect(steps).toEqual(['sign', 'remove', 'sign', 'remove', 'end']);
  });

  it('comes to the oldest of more shards than help, when one more stays than do', () => {
    const others = [2, 3].map((shard) => item(aliveName(1, shard, 0, 1, false), 0));
    const crowd = work([], { left: 5, shortest: () => 1, helping: () => 1 });
    expect(nextStep(awake(others), crowd, 1)).toEqual({ do: 'sign', ended: true });
    const young = awake(
      [1, 2].map((shard) => item(aliveName(1, shard, 0, 1, false), 0)),
      0,
      3,
    );
    expect(nextStep(young, crowd, 1)).toMatchObject({ do: 'wait', idle: true });
  });
});
